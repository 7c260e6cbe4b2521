import { type ErrorDetails, RotateError } from "@rotate/plugin-kit";

const startFailures: Readonly<Record<string, Pick<ErrorDetails, "code" | "hint"> & { readonly what: string }>> = {
  ENOENT: { what: "not found", code: "NOT_FOUND", hint: "install it, or give its full path" },
  ENOTDIR: { what: "not found", code: "NOT_FOUND", hint: "a part of its path is not a directory" },
  EACCES: { what: "may not be run", code: "INVALID", hint: "make it executable for this user" },
  ENOEXEC: { what: "cannot be run", code: "INVALID", hint: "a script needs a first line like #!/bin/sh" },
  E2BIG: { what: "was given too much", code: "INVALID", hint: "shorten its arguments and environment" },
  EAGAIN: { what: "could not be started", code: "UNAVAILABLE", hint: "this machine has no processes left" },
  ENOMEM: { what: "could not be started", code: "UNAVAILABLE", hint: "this machine has no memory left" },
};

/** Why a command could not be started, from the code of the system's error; the error itself holds the arguments, so it goes no further. `command` is its base name. */
export function startError(code: string | undefined, command: string, cwd: string | undefined): RotateError {
  if (code === "ENOENT" && cwd !== undefined && !process.getBuiltinModule("node:fs").existsSync(cwd)) {
    return new RotateError(`the directory ${cwd} to run ${command} in does not exist`, {
      code: "NOT_FOUND",
      retryable: false,
      hint: "create it, or correct cwd",
    });
  }
  const known = startFailures[code ?? ""] ?? { what: "could not be started", code: "FAILED" as const, hint: undefined };
  const retryable = known.code === "UNAVAILABLE";
  return new RotateError(`${command} ${known.what} (${code ?? "for no reason that the system told"})`, {
    code: known.code,
    retryable,
    hint: known.hint,
  });
}
