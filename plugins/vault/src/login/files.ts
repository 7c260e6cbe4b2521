import { readFile } from "node:fs/promises";
import { RotateError, type Secret } from "@rotate/plugin-kit";
import type { VaultContext } from "../options.ts";

/** A token that others put into a file, read anew at each login. Throws NOT_FOUND, DENIED or INVALID with `hint`. */
export async function readTokenFile(path: string, hint: string, ctx: VaultContext): Promise<Secret> {
  const text = (await readFile(path, "utf8").catch((error: unknown) => refuseFile(path, error, hint))).trim();
  if (text !== "") return ctx.secret(text, "token file");
  throw new RotateError(`the token file ${path} is empty`, { code: "INVALID", retryable: true, hint });
}

function refuseFile(path: string, error: unknown, hint: string): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const denied = code === "EACCES" || code === "EPERM";
  throw new RotateError(`cannot read the token file ${path} (${code})`, {
    code: denied ? "DENIED" : "NOT_FOUND",
    retryable: false,
    hint: denied ? "let this user read it" : hint,
  });
}
