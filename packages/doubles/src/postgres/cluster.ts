/** The files of an empty cluster: made once on this machine and kept, and each server starts from a copy. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { serverUser } from "./binaries.ts";
import { environment, type ServerFiles } from "./process.ts";

const run = promisify(execFile);
const kept = join(import.meta.dirname, "../../../../.cache/test-tools/postgres-data");

/** Makes an empty cluster in `base`, whose superuser is `postgres`. Gives its password. Throws with what `initdb` said. */
export async function createCluster(files: ServerFiles): Promise<string> {
  const there = await placeOf(files);
  if (existsSync(there)) {
    await copyData(there, files.base);
    return readFile(join(there, "password"), "utf8");
  }
  const password = await make(files);
  await keep({ base: files.base, password, there });
  return password;
}

/** Copies a cluster that no server runs on, with its owner. */
export async function copyData(from: string, to: string): Promise<void> {
  await run("cp", ["-a", join(from, "data"), join(to, "data")]);
}

/** Writes a file that the server's user alone reads. */
export async function writeForServer(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await giveToServer(path);
}

/** Makes the server's user the owner, where that is not us. */
export async function giveToServer(path: string): Promise<void> {
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

/** One version's data are no use to another, nor one user's to another. */
async function placeOf({ bin }: ServerFiles): Promise<string> {
  const { stdout } = await run(join(bin, "initdb"), ["--version"], serverUser());
  const version = stdout.trim().replaceAll(/[^\w.]+/g, "-");
  return join(kept, `${version}-${process.getuid?.()}`);
}

async function make({ bin, base }: ServerFiles): Promise<string> {
  const [password, file] = [randomBytes(12).toString("hex"), join(base, "password")];
  await writeForServer(file, password);
  const where = ["-D", join(base, "data"), "-U", "postgres", "--pwfile", file];
  const auth = ["--auth-host=scram-sha-256", "--auth-local=trust"];
  const options = { ...serverUser(), env: environment(base), cwd: base };
  await run(join(bin, "initdb"), [...where, ...auth, "--no-sync", "--locale=C", "-E", "UTF8"], options);
  return password;
}

interface Keeping {
  readonly base: string;
  readonly password: string;
  readonly there: string;
}

async function keep({ base, password, there }: Keeping): Promise<void> {
  await mkdir(kept, { recursive: true });
  const draft = await mkdtemp(join(kept, "making-"));
  try {
    await copyData(base, draft);
    await writeFile(join(draft, "password"), password, { mode: 0o600 });
    await rename(draft, there);
  } catch (error) {
    if (!existsSync(there)) throw error; // else somebody was faster
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
