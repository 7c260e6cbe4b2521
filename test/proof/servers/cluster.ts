/** A Kubernetes without nodes: etcd, kube-apiserver with RBAC, kube-controller-manager, and kubectl. */
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority, freePort, startTethered, type Tethered } from "@rotate/doubles";
import { programPath, type Program } from "./compiled.ts";
import { ask, until } from "./support.ts";

export interface Cluster {
  readonly url: string;
  readonly ca: string;
  readonly etcd: Tethered;
  /** As the administrator; gives what it printed. Rejects with its complaint. */
  readonly kubectl: (argv: readonly string[], input?: string | object | readonly object[]) => Promise<string>;
  /** One object or list, as JSON. */
  readonly get: (...argv: readonly string[]) => Promise<Thing>;
  readonly close: () => Promise<void>;
}

/** What is read here of an object, or of a list of them. */
export interface Thing {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
  };
  readonly status?: { readonly phase?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly items?: readonly Thing[];
}

/** Of the administrator. The token `weak` is of a user who may what RBAC says. */
export const adminToken = "proof-administrator";

/** Starts all of it on free ports of 127.0.0.1. Throws when a server does not come up. */
export async function startCluster(): Promise<Cluster> {
  const home = await mkdtemp(join(tmpdir(), "rotate-cluster-"));
  const authority = createCertificateAuthority();
  const { cert, key } = authority.issue({ hosts: ["127.0.0.1", "localhost"] });
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = kubeconfigOf({ url, ca: authority.ca, user: { token: adminToken } });
  const files = {
    "ca.pem": authority.ca,
    "cert.pem": cert,
    "key.pem": key,
    "accounts.key": privateKey.export({ type: "pkcs8", format: "pem" }),
    "accounts.pub": publicKey.export({ type: "spki", format: "pem" }),
    "tokens.csv": `${adminToken},admin,admin,"system:masters"\nweak,weak,weak\n`,
    "admin.json": JSON.stringify(kubeconfig),
  };
  const at = (name: string) => join(home, name);
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content, { mode: 0o600 });
  const etcd = await startEtcd(home);
  const api = await run("kube-apiserver", home, [
    `--etcd-servers=${etcd.url}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${at("cert.pem")}`,
    `--tls-private-key-file=${at("key.pem")}`,
    `--token-auth-file=${at("tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-signing-key-file=${at("accounts.key")}`,
    `--service-account-key-file=${at("accounts.pub")}`,
    "--service-cluster-ip-range=10.0.0.0/24",
  ]);
  await until("the API server", async () => ((await ready(url, authority.ca)) ? true : undefined), 120_000);
  const manager = await run("kube-controller-manager", home, [
    `--kubeconfig=${at("admin.json")}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${await freePort()}`,
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${at("accounts.key")}`,
    `--root-ca-file=${at("ca.pem")}`,
  ]);
  function kubectl(argv: readonly string[], input?: string | object | readonly object[]): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const env = { PATH: process.env["PATH"], HOME: home, KUBECONFIG: at("admin.json") };
    const child = execFile(programPath("kubectl"), [...argv], { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`kubectl ${argv.join(" ")}: ${stderr}`)),
    );
    child.stdin?.end(textOf(input));
    return promise;
  }
  return {
    url,
    ca: authority.ca,
    etcd: etcd.process,
    kubectl,
    get: async (...argv) => JSON.parse(await kubectl(["get", ...argv, "-o", "json"])),
    close: async () => {
      await Promise.all([manager.stop(), api.stop()]);
      await etcd.process.stop();
    },
  };
}

/** What is given to read: text as it is, objects a line each. */
function textOf(input: string | object | readonly object[] = ""): string {
  if (typeof input === "string") return input;
  return [input]
    .flat()
    .map((one) => JSON.stringify(one))
    .join("\n");
}

async function startEtcd(home: string): Promise<{ readonly url: string; readonly process: Tethered }> {
  const [url, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const process = await run("etcd", home, [
    `--data-dir=${join(home, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ]);
  return { url, process };
}

async function run(program: Program, home: string, argv: readonly string[]): Promise<Tethered> {
  const base = await mkdtemp(join(home, "run-"));
  const env = { PATH: process.env["PATH"], HOME: base };
  // The first line is the process id; what the server says next shows that it is up, not that it serves.
  const isReady = (line: string) =>
    program === "etcd" ? line.includes("ready to serve client requests") : !/^\d+$/.test(line);
  return startTethered({ argv: [programPath(program), ...argv], base, signal: "KILL", env, isReady });
}

async function ready(url: string, ca: string): Promise<boolean> {
  return (await ask(`${url}/readyz`, { ca, headers: { authorization: `Bearer ${adminToken}` } })).status === 200;
}

interface Access {
  readonly url: string;
  readonly ca: string;
  readonly user: object;
}

/** A kubeconfig of one cluster and one user. */
export function kubeconfigOf({ url, ca, user }: Access): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "proof",
    contexts: [{ name: "proof", context: { cluster: "proof", user: "proof" } }],
    clusters: [{ name: "proof", cluster: { server: url, "certificate-authority-data": btoa(ca) } }],
    users: [{ name: "proof", user }],
  };
}
