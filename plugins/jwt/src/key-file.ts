import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { link, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { commandLine, type Context, readIfThere, RotateError } from "@rotate/plugin-kit";
import { stageFile } from "@rotate/plugin-kit/files";

type Tools = Pick<Context, "exec" | "log" | "now" | "readFile">;

const othersRead = 0o004;

function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The text of a key file; undefined when there is none. Warns of one that everybody can read. Throws what `ctx.readFile` throws. */
export async function readKeyFile(
  path: string,
  { log, readFile }: Pick<Context, "log" | "readFile">,
): Promise<string | undefined> {
  const text = await readIfThere({ readFile }, path, { what: "signing key" });
  if (text !== undefined && (statSync(path).mode & othersRead) !== 0) warnOnce(path, log);
  return text;
}

/** Of which files who listens to a log was told. */
const told = new WeakMap<Context["log"], Set<string>>();

/** At each mint it would be the same sentence again. */
function warnOnce(path: string, log: Context["log"]): void {
  const paths = told.get(log) ?? new Set();
  if (paths.has(path)) return;
  told.set(log, paths.add(path));
  log.warn("everybody on this machine can read the signing key", {
    code: "ROTATE_RISK_READABLE",
    path,
    remedy: `\`${commandLine("chmod", "o-rwx", path)}\`, and consider a new key: whoever read this one can sign as the issuer`,
  });
}

function unreadable(path: string, errno: string | undefined): RotateError {
  const message = `cannot read the signing key ${path} (${errno})`;
  if (errno === "EACCES" || errno === "EPERM") {
    const hint = "let the user that runs rotate read it";
    return new RotateError(message, { code: "DENIED", retryable: false, hint });
  }
  return new RotateError(message, { code: "INVALID", retryable: false, hint: "`key.path` must be a file" });
}

/**
 * Puts a new key at `path`, 0600 and on the disk, unless somebody else did so first: whoever generates at the same time ends up with the same key.
 * @returns the key that is there now
 */
export async function createKeyFile(path: string, text: string, tools: Tools): Promise<string> {
  const draft = `${path}.${randomBytes(8).toString("hex")}.new`;
  const staged = await stageFile(draft, () => Buffer.from(text), { ctx: tools, mode: "0600" });
  await staged.commit(tools as Context);
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(draft, path).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw unreadable(path, errnoOf(error));
    });
  } finally {
    await unlink(draft);
    await syncDirectory(dirname(path));
  }
  const now = await readKeyFile(path, tools);
  if (now !== undefined) return now;
  throw unreadable(path, "a link that leads nowhere");
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
