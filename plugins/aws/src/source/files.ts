import { readFile } from "node:fs/promises";
import { RotateError } from "@rotate/plugin-kit";

/** A small text file, read anew at each login; undefined when it is not there. Throws DENIED or INVALID. */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const refused = code === "EACCES" || code === "EPERM";
    throw new RotateError(`cannot read ${path} (${code})`, {
      code: refused ? "DENIED" : "INVALID",
      retryable: false,
      hint: refused ? "let the user that runs rotate read it" : "it must be a regular file",
    });
  }
}

/** A token in a file that somebody else keeps fresh. Throws NOT_FOUND or INVALID, and what `readTextFile` throws. */
export async function readTokenFile(path: string, variable: string): Promise<string> {
  const text = (await readTextFile(path))?.trim();
  const hint = `${variable} leads there: is the token mounted?`;
  if (text === undefined) throw new RotateError(`there is no ${path}`, { code: "NOT_FOUND", retryable: false, hint });
  if (text === "") throw new RotateError(`${path} is empty`, { code: "INVALID", retryable: true, hint });
  return text;
}
