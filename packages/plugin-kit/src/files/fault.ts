import { type ErrorCode, isRotateError, RotateError } from "../errors.ts";

interface Remedy {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly what: string;
  readonly hint: string;
}

const full: Remedy = {
  code: "FAILED",
  retryable: true,
  what: "the disk is full",
  hint: "free space or inodes on its file system, or raise the quota; the old content is untouched",
};
const tooManyOpen: Remedy = {
  code: "FAILED",
  retryable: true,
  what: "too many open files",
  hint: "raise the limit of open files (ulimit -n, LimitNOFILE=)",
};

/** What each errno means for somebody who runs rotate (errno(3)). None of these is UNAVAILABLE: in a commit that would say "outcome unknown". */
const remedies: Readonly<Record<string, Remedy>> = {
  ENOSPC: full,
  EDQUOT: full,
  EMFILE: tooManyOpen,
  ENFILE: tooManyOpen,
  EROFS: {
    code: "DENIED",
    retryable: false,
    what: "the file system is read-only",
    hint: "mount it writable, or point the sink at a writable directory",
  },
  EACCES: {
    code: "DENIED",
    retryable: false,
    what: "permission denied",
    hint: "give the user that runs rotate read and write access to the directory, and read access to the file",
  },
  EPERM: {
    code: "DENIED",
    retryable: false,
    what: "the kernel does not allow it",
    hint: "look for an immutable or append-only flag (lsattr; chattr -i), a sticky directory of another user, or a security module",
  },
  EBUSY: {
    code: "INVALID",
    retryable: false,
    what: "it is a mount point or in use",
    hint: "mount the directory instead of the file, or set `write: in-place`",
  },
  EXDEV: {
    code: "INVALID",
    retryable: false,
    what: "it lies on another file system than its directory",
    hint: "mount the directory instead of the file, or set `write: in-place`",
  },
  EISDIR: {
    code: "INVALID",
    retryable: false,
    what: "it is a directory",
    hint: "give the path of a file, or remove the directory",
  },
  ENOTDIR: {
    code: "INVALID",
    retryable: false,
    what: "a part of the path is not a directory",
    hint: "correct the path",
  },
  ENOENT: {
    code: "NOT_FOUND",
    retryable: false,
    what: "the directory does not exist",
    hint: "create the directory, or set `directory: { create: true }`",
  },
  ELOOP: {
    code: "INVALID",
    retryable: false,
    what: "it is a symbolic link",
    hint: "give the path that the link leads to",
  },
  EFBIG: {
    code: "FAILED",
    retryable: false,
    what: "it would be larger than a file may be here",
    hint: "raise the file size limit (ulimit -f, LimitFSIZE=)",
  },
  ENAMETOOLONG: {
    code: "INVALID",
    retryable: false,
    what: "the name is too long",
    hint: "choose a shorter path",
  },
  EIO: {
    code: "FAILED",
    retryable: true,
    what: "the disk reported an error",
    hint: "look at the kernel log (dmesg) and the health of the disk",
  },
};

/** The errno name of a system error (`ENOSPC`), or undefined: Node's own errors (`ERR_…`) are faults of the program. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/**
 * A system error as a RotateError with a remedy; a RotateError passes unchanged.
 * @param task what was attempted, for people: `write /etc/app/.env`
 */
export function fileFault(task: string, cause: unknown): RotateError {
  if (isRotateError(cause)) return cause;
  const errno = errnoOf(cause);
  const remedy = remedies[errno ?? ""];
  if (remedy === undefined) {
    return new RotateError(`cannot ${task} (${errno ?? "no errno"})`, { code: "FAILED", retryable: true, cause });
  }
  const { what, ...details } = remedy;
  return new RotateError(`cannot ${task}: ${what} (${errno})`, { ...details, cause });
}

/** The content is in its place, but nobody can say whether a power cut now would keep it. The engine reads UNAVAILABLE in a commit as "unknown". */
export function durabilityUnknown(path: string, cause: unknown): RotateError {
  return new RotateError(`${path} was written, but the disk did not confirm it (${errnoOf(cause) ?? "no errno"})`, {
    code: "UNAVAILABLE",
    retryable: true,
    hint: "keep the previous credential alive and look at the kernel log (dmesg)",
    cause,
  });
}

/** Somebody else changed the target. */
export function conflict(message: string): RotateError {
  return new RotateError(message, {
    code: "CONFLICT",
    retryable: true,
    hint: "find out what else writes this file, and let only one of the two do it",
  });
}

/** The target or an option is such that writing would do harm. */
export function refused(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}
