/** A MySQL server for tests, out of Debian's packages: unpacked into a folder that git ignores, beside whatever the machine has. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { mysqlHome } from "@rotate/doubles";

/** Debian has MySQL in `sid` alone, and there the newest only. Its packages are signed by the archive's key. */
const source = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n";
const server = "mysql-server-core";

/** Brings it, unless it is there or cannot be had: why not is what comes back. */
export function bringMysql(): string {
  if (existsSync(join(mysqlHome, "installed"))) return "there";
  if (process.platform !== "linux" || process.arch !== "x64") return "not for this machine";
  if (!existsSync("/usr/share/keyrings/debian-archive-keyring.gpg"))
    return "not here: it is taken from Debian, by apt-get";
  mkdirSync(dirname(mysqlHome), { recursive: true });
  const draft = mkdtempSync(join(dirname(mysqlHome), "bringing-"));
  try {
    unpack(draft);
    renameSync(join(draft, "root"), mysqlHome);
    return "brought";
  } catch (error) {
    return `not to be had: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function unpack(draft: string): void {
  const at = (name: string): string => join(draft, name);
  for (const folder of ["lists/partial", "cache/archives/partial", "debs", "root"])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at("sources.list"), source);
  writeFileSync(at("status"), "");
  const options = [
    `Dir::Etc::sourcelist=${at("sources.list")}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${at("lists")}`,
    `Dir::State::status=${at("status")}`,
    `Dir::Cache=${at("cache")}`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const run = (program: string, ...argv: readonly string[]): string =>
    execFileSync(program, argv, { cwd: at("debs"), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  run("apt-get", ...options, "update", "-qq");
  const only = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances", "pre-depends"].map(
    (kind) => `--no-${kind}`,
  );
  const tree = run("apt-cache", ...options, "depends", "--recurse", ...only, server).split("\n");
  const libraries = [...new Set(tree.filter((line) => /^lib[a-z0-9]/.test(line)))];
  run("apt-get", ...options, "download", "-qq", server, ...libraries);
  for (const name of readdirSync(at("debs"))) run("dpkg-deb", "-x", name, at("root"));
  writeFileSync(join(at("root"), "installed"), "");
}
