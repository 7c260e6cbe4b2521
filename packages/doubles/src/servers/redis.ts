/** A real Redis (or Valkey, which starts alike). https://redis.io/docs/latest/operate/oss_and_stack/management/config */
import { mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IssuedCertificate } from "../tls/index.ts";
import { freePort, startTethered } from "./tethered.ts";
import { findProgram } from "./tools.ts";

/** What differs between servers of tests. */
export interface RedisOptions {
  /** False: users are in memory only. */
  readonly aclfile?: boolean;
  /** Given one, it also has a port where it speaks TLS. */
  readonly certificate?: IssuedCertificate;
}

/** A server on 127.0.0.1, in memory. Its default user may do everything, with the password. */
export interface Redis {
  readonly host: string;
  readonly port: number;
  /** 0: none. */
  readonly tlsPort: number;
  readonly password: string;
  /** Every line of the server's log so far. */
  readonly log: readonly string[];
  readonly close: () => Promise<void>;
}

/** The program; undefined when it is nowhere on this machine. */
export function redisProgram(): string | undefined {
  return findProgram("redis-server") ?? findProgram("valkey-server");
}

/** Starts a server on a free port. Throws with its own words when it does not come up. */
export async function startRedis({ aclfile = true, certificate }: RedisOptions = {}): Promise<Redis> {
  const program = redisProgram();
  if (program === undefined) throw new Error("neither redis-server nor valkey-server is installed");
  const base = await mkdtemp(join(await realpath(tmpdir()), "rotate-redis-"));
  const [host, port, password] = ["127.0.0.1", await freePort(), "password-of-the-default-user"];
  const tlsPort = certificate === undefined ? 0 : await freePort();
  const users = join(base, "users.acl");
  if (aclfile) await writeFile(users, `user default on >${password} ~* &* +@all\n`);
  const who = aclfile ? ["--aclfile", users] : ["--requirepass", password];
  const log: string[] = [];
  const { stop } = await startTethered({
    argv: [
      program,
      "--bind",
      host,
      "--port",
      String(port),
      ...(certificate === undefined ? [] : await tlsWords(base, tlsPort, certificate)),
      "--save",
      "",
      "--dir",
      base,
      "--loglevel",
      "verbose",
      ...who,
    ],
    base,
    signal: "TERM",
    env: { PATH: process.env["PATH"], HOME: base },
    isReady: (line) => /ready to accept connections/i.test(line),
    hears: (line) => void log.push(line),
  });
  return { host, port, tlsPort, password, log, close: stop };
}

async function tlsWords(base: string, port: number, { cert, key }: IssuedCertificate): Promise<readonly string[]> {
  const files = { cert: join(base, "server.crt"), key: join(base, "server.key") };
  await writeFile(files.cert, cert);
  await writeFile(files.key, key, { mode: 0o600 });
  const where = ["--tls-cert-file", files.cert, "--tls-key-file", files.key];
  return ["--tls-port", String(port), ...where, "--tls-auth-clients", "no"];
}
