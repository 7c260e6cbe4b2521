import { RotateError } from "@rotate/plugin-kit";
import type { AwsContext } from "../options.ts";

/** A token in a file that somebody else keeps fresh, read anew at each login. Throws INVALID when it is empty, and what `ctx.readFile` throws. */
export async function readTokenFile(path: string, variable: string, { readFile }: AwsContext): Promise<string> {
  const hint = `${variable} leads there: is the token mounted?`;
  const text = (await readFile(path, { what: "token file", hint })).trim();
  if (text === "") throw new RotateError(`${path} is empty`, { code: "INVALID", retryable: true, hint });
  return text;
}
