/** OpenBao's own server (or HashiCorp's Vault, which starts alike). https://openbao.org/docs/concepts/dev-server/ */
import { mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DoubleTls } from "../http-double.ts";
import { freePort, startTethered } from "./tethered.ts";
import { findProgram } from "./tools.ts";

/** What differs between servers of tests. */
export interface OpenBaoOptions {
  /** Given, a second listener speaks https and takes certificates of clients. */
  readonly tls?: DoubleTls;
}

/** A server in development mode: in memory, unsealed, a key-value engine at `secret/`. */
export interface OpenBao {
  readonly url: string;
  /** Of the https listener; empty without one. */
  readonly tlsUrl: string;
  /** The root token. */
  readonly token: string;
  /** The program, which is a client too. */
  readonly program: string;
  /** A write as root; gives the answer's JSON. Throws when it is refused. */
  readonly write: (path: string, body: object) => Promise<Readonly<Record<string, unknown>>>;
  readonly close: () => Promise<void>;
}

/** The program; undefined when it is nowhere on this machine. */
export function openBaoProgram(): string | undefined {
  return findProgram("bao") ?? findProgram("vault");
}

/** Starts a server on free ports of 127.0.0.1. Throws with its own words when it does not come up. */
export async function startOpenBao({ tls }: OpenBaoOptions = {}): Promise<OpenBao> {
  const program = openBaoProgram();
  if (program === undefined) throw new Error("neither bao nor vault is installed");
  const base = await mkdtemp(join(await realpath(tmpdir()), "rotate-bao-"));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = tls === undefined ? [] : [`-config=${await writeConfig(base, { tls, port: tlsPort })}`];
  const token = "root";
  const { stop } = await startTethered({
    argv: [
      program,
      "server",
      "-dev",
      "-dev-no-store-token",
      `-dev-root-token-id=${token}`,
      `-dev-listen-address=127.0.0.1:${port}`,
      ...config,
    ],
    base,
    signal: "TERM",
    env: { PATH: process.env["PATH"], HOME: base },
    isReady: (line) => line.startsWith("Root Token"),
  });
  const url = `http://127.0.0.1:${port}`;
  const tlsUrl = tls === undefined ? "" : `https://127.0.0.1:${tlsPort}`;
  return { url, tlsUrl, token, program, close: stop, write: (path, body) => write({ url, token, path }, body) };
}

async function writeConfig(
  base: string,
  { tls, port }: { readonly tls: DoubleTls; readonly port: number },
): Promise<string> {
  const files = { cert: join(base, "cert.pem"), key: join(base, "key.pem"), ca: join(base, "client-ca.pem") };
  await writeFile(files.cert, tls.cert);
  await writeFile(files.key, tls.key, { mode: 0o600 });
  if (tls.clientCa !== undefined) await writeFile(files.ca, tls.clientCa);
  const config = join(base, "listener.hcl");
  const clients = tls.clientCa === undefined ? "" : `tls_client_ca_file = "${files.ca}"`;
  await writeFile(
    config,
    `listener "tcp" {
  address = "127.0.0.1:${port}"
  tls_cert_file = "${files.cert}"
  tls_key_file = "${files.key}"
  ${clients}
}
`,
  );
  return config;
}

interface Place {
  readonly url: string;
  readonly token: string;
  readonly path: string;
}

async function write({ url, token, path }: Place, body: object): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`${url}/v1/${path}`, {
    method: "POST",
    headers: { "x-vault-token": token },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
}
