import { readFile } from "node:fs/promises";
import { RotateError } from "@rotate/plugin-kit";

/** A file's text. Throws NOT_FOUND with `hint` or DENIED. @param what for messages */
export async function readText(path: string, what: string, hint: string): Promise<string> {
  const text = await readIfThere(path, what);
  if (text !== undefined) return text;
  throw new RotateError(`${what} ${path} does not exist`, { code: "NOT_FOUND", retryable: false, hint });
}

/** The same; undefined when there is no such file. */
export async function readIfThere(path: string, what: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const denied = code === "EACCES" || code === "EPERM";
    throw new RotateError(`cannot read ${what} ${path} (${code})`, {
      code: denied ? "DENIED" : "INVALID",
      retryable: false,
      hint: denied ? "let this user read it" : "it must be a file",
      cause: error,
    });
  }
}
