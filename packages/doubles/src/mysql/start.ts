/** A real MySQL or MariaDB for a test file: its empty data are made once and kept, and each server starts from a copy. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { IssuedCertificate } from "../tls/index.ts";
import { shifted } from "../servers/clock.ts";
import { freePort, startTethered } from "../servers/tethered.ts";
import { findProgram } from "../servers/tools.ts";
import { mysqlProgram, type MysqlFlavour } from "./programs.ts";

/** Which server, and with what settings. */
export interface MysqlOptions {
  readonly flavour: MysqlFlavour;
  /** `name=value` as in my.cnf. */
  readonly settings?: readonly string[];
  /** Given one, it speaks TLS to who asks for it. */
  readonly certificate?: IssuedCertificate;
  /** How far its clock is off ours, `+10m` or `-10m`. Needs `clockShifter()`. */
  readonly clock?: string;
}

/** A running server on 127.0.0.1. Its user may do everything, from everywhere. */
export interface Mysql {
  readonly flavour: MysqlFlavour;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The folder of its data and logs. */
  readonly directory: string;
  readonly close: () => Promise<void>;
}

const run = promisify(execFile);
const kept = join(import.meta.dirname, "../../../../.cache/test-tools/mysql-data");
/** Small, and as quick as a server of tests may be. */
const small = [
  "innodb-buffer-pool-size=16M",
  "innodb-flush-log-at-trx-commit=0",
  "innodb-doublewrite=0",
  "innodb-use-native-aio=0",
  "sync-binlog=0",
  "performance-schema=off",
  "skip-name-resolve",
];
const own: Readonly<Record<MysqlFlavour, readonly string[]>> = {
  mysql: ["mysqlx=off", "secure-file-priv=NULL", "innodb-redo-log-capacity=8M"],
  mariadb: ["innodb-log-file-size=8M"],
};

/** Starts a server on a free port. Throws with its own words when it does not come up. */
export async function startMysql({ flavour, settings = [], certificate, clock }: MysqlOptions): Promise<Mysql> {
  const program = mysqlProgram(flavour);
  if (program === undefined) throw new Error(`${flavour} is not installed`);
  const base = await mkdtemp(join(await realpath(tmpdir()), `rotate-${flavour}-`));
  const [host, port, password] = ["127.0.0.1", await freePort(), "password-of-root"];
  const directory = join(base, "data");
  await cp(await emptyData(flavour), directory, { recursive: true });
  const init = join(base, "init.sql");
  await writeFile(
    init,
    `create user admin@'%' identified by '${password}';\ngrant all on *.* to admin@'%' with grant option;\n`,
  );
  const all = [
    ...small,
    ...own[flavour],
    `datadir=${directory}`,
    `port=${port}`,
    `bind-address=${host}`,
    `socket=${join(base, "s")}`,
    `pid-file=${join(base, "pid")}`,
    `init-file=${init}`,
    `user=${userInfo().username}`,
    ...(await tlsSettings(base, certificate)),
    ...settings,
  ];
  const [first = "", ...rest] = program;
  const { stop } = await startTethered({
    argv: [first, ...withDefaults(rest), ...all.map((setting) => `--${setting}`)],
    base,
    signal: "TERM",
    env: { ...environment(base), ...shiftedHere(clock) },
    isReady: (line) => new RegExp(`port: ${port}\\b`).test(line),
  });
  return { flavour, host, port, user: "admin", password, directory, close: stop };
}

async function tlsSettings(base: string, certificate: IssuedCertificate | undefined): Promise<readonly string[]> {
  if (certificate === undefined) return [];
  const [cert, key] = [join(base, "server.crt"), join(base, "server.key")];
  await writeFile(cert, certificate.cert);
  await writeFile(key, certificate.key, { mode: 0o600 });
  return [`ssl-cert=${cert}`, `ssl-key=${key}`];
}

/** `--no-defaults` has to be the first of the server's own arguments, which begin with the first that is an option of it. */
function withDefaults(rest: readonly string[]): readonly string[] {
  const at = rest.findIndex((word) => word.startsWith("--basedir"));
  return at === -1 ? [...rest, "--no-defaults"] : [...rest.slice(0, at), "--no-defaults", ...rest.slice(at)];
}

/** MySQL waits by the monotonic clock itself: what mends such waits of others ends its own at once, again and again. */
function shiftedHere(clock: string | undefined): NodeJS.ProcessEnv {
  return clock === undefined ? {} : { ...shifted(clock), FAKETIME_FORCE_MONOTONIC_FIX: "0" };
}

function environment(base: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: base, LC_ALL: "C" };
}

/** The data of a server that was never started, made at the first call on this machine. */
async function emptyData(flavour: MysqlFlavour): Promise<string> {
  const there = join(kept, flavour);
  if (existsSync(there)) return there;
  await mkdir(kept, { recursive: true });
  const draft = await mkdtemp(join(kept, "making-"));
  try {
    await make(flavour, join(draft, "data"), draft);
    await rename(join(draft, "data"), there);
  } catch (error) {
    if (!existsSync(there)) throw error; // else somebody was faster
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return there;
}

async function make(flavour: MysqlFlavour, directory: string, base: string): Promise<void> {
  const who = `--user=${userInfo().username}`;
  const [first = "", ...rest] = mysqlProgram(flavour) ?? [];
  const options = { env: environment(base), cwd: base };
  if (flavour === "mariadb") {
    const program = findProgram("mariadb-install-db") ?? "mariadb-install-db";
    await run(
      program,
      ["--no-defaults", `--datadir=${directory}`, who, "--auth-root-authentication-method=normal", "--skip-test-db"],
      options,
    );
    return;
  }
  const sizes = [...small, ...own.mysql].map((setting) => `--${setting}`);
  await run(first, [...withDefaults(rest), "--initialize-insecure", `--datadir=${directory}`, who, ...sizes], options);
}
