/** One mint for four sinks of which no two are of a kind: a file, a Secret of Kubernetes, AWS Secrets Manager (moto), a key-value secret (OpenBao). */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import {
  createCatalog,
  createRuntime,
  loadSpec,
  openEngine,
  openLocalBackend,
  type Backend,
  type Spec,
} from "@rotate/core";
import {
  createCertificateAuthority,
  createKubernetesDouble,
  startFront,
  startMoto,
  startOpenBao,
  type Front,
  type KubernetesDouble,
  type Moto,
  type OpenBao,
} from "@rotate/doubles";
import { onTestFinished } from "vitest";

const authority = createCertificateAuthority("stores");
const certificate = authority.issue({ hosts: ["127.0.0.1"] });

/** What all tests share. */
export interface Servers {
  readonly moto: Moto;
  readonly bao: OpenBao;
  readonly cluster: KubernetesDouble;
}

export async function startServers(): Promise<Servers> {
  const rules = [{ verbs: ["get", "patch", "create", "delete"], resources: ["secrets"], namespaces: ["app"] }];
  const [moto, bao, cluster] = await Promise.all([
    startMoto(),
    startOpenBao(),
    createKubernetesDouble({ tls: certificate, users: { deployer: { name: "deployer", rules } } }),
  ]);
  return { moto, bao, cluster };
}

export async function stopServers({ moto, bao, cluster }: Servers): Promise<void> {
  await Promise.all([moto.close(), bao.close(), cluster.close()]);
}

/** A rotation over four places of its own. */
export interface Stage {
  readonly front: Front;
  /** Runs as a new process would. `dieAt`: it dies before its so-manieth record, and asks nobody anything more. Gives the outcome, or `died`, and how many records there were. */
  readonly run: (options?: {
    readonly dieAt?: number;
  }) => Promise<{ readonly outcome: string; readonly records: number }>;
  /** What stands in the four places. */
  readonly held: () => Promise<readonly (string | undefined)[]>;
}

let count = 0;

export async function layOut(servers: Servers): Promise<Stage> {
  const { moto, bao, cluster } = servers;
  const directory = await mkdtemp(join(tmpdir(), "rotate-stores-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const front = await startFront(moto.url);
  onTestFinished(front.close);
  const name = `app-${(count += 1)}`;
  await callMoto(moto, "CreateSecret", { Name: name, SecretString: '{"others":"theirs"}' });
  await bao.write(`secret/data/${name}`, { data: { others: "theirs" } });
  await writeFile(join(directory, "kubeconfig"), kubeconfigOf(cluster), { mode: 0o600 });
  await writeFile(join(directory, "rotate.json"), JSON.stringify(specOf(name, { front, bao })));
  const spec = await specAt(join(directory, "rotate.json"));
  return {
    front,
    run: (options) => runOnce(spec, { directory, ...options }),
    held: () => heldIn({ directory, name, servers }),
  };
}

const token = { token: "{{ token }}" };

function specOf(name: string, { front, bao }: { readonly front: Front; readonly bao: OpenBao }): object {
  const aws = {
    region: "eu-central-1",
    endpoints: { secretsmanager: front.url },
    credentials: { source: "keys", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: { env: "AWS_KEY" } },
  };
  const vault = { address: bao.url, auth: { method: "token", token: { env: "BAO_TOKEN" } } };
  return {
    version: 1,
    name,
    providers: { issuer: { type: "jwt", issuer: "https://issuer.example.com", key: { path: "key.pem" } } },
    rotations: {
      app: {
        provider: "issuer",
        request: { ttl: "1h", subject: "app", audience: ["app"] },
        sinks: [
          { type: "dotenv", path: ".env", values: { TOKEN: "{{ token }}" } },
          { type: "kubernetes-secret", namespace: "app", name, kubeconfig: "kubeconfig", values: token },
          { type: "aws-secrets-manager", ...aws, secret: name, values: token },
          { type: "vault-kv", ...vault, path: name, values: token },
        ],
      },
    },
  };
}

async function specAt(file: string): Promise<Spec> {
  const { spec, diagnostics } = await loadSpec({ file, catalog: createCatalog(builtins) });
  if (spec === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return spec;
}

function kubeconfigOf({ url }: KubernetesDouble): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "here", user: "me" } }],
    clusters: [
      {
        name: "here",
        cluster: { server: url, "certificate-authority-data": Buffer.from(authority.ca).toString("base64") },
      },
    ],
    users: [{ name: "me", user: { token: "deployer" } }],
  });
}

class Death extends Error {}

async function runOnce(
  spec: Spec,
  { directory, dieAt = Infinity }: { readonly directory: string; readonly dieAt?: number },
): Promise<{ readonly outcome: string; readonly records: number }> {
  const life = { dead: false, records: 0 };
  const env = { PATH: process.env["PATH"], HOME: directory, AWS_KEY: "some-secret-of-aws", BAO_TOKEN: "root" };
  const runtime = createRuntime({ env });
  const http: typeof runtime.http = (...asked) =>
    life.dead ? Promise.reject(new Death("dead")) : runtime.http(...asked);
  const mortal = { ...runtime, http };
  const backend = await openLocalBackend({ spec, runtime: mortal, stateDir: join(directory, "state") });
  try {
    const engine = await openEngine({ spec, runtime: mortal, backend: dying(backend, life, dieAt) });
    const { rotations } = await engine.run({ force: true, timeout: 0 });
    return { outcome: life.dead ? "died" : (rotations[0]?.outcome ?? ""), records: life.records };
  } catch (error) {
    if (!life.dead) throw error;
    return { outcome: "died", records: life.records };
  } finally {
    await backend.close();
  }
}

/** The journal of a process that dies before a record, and writes none after it. */
function dying(backend: Backend, life: { dead: boolean; records: number }, dieAt: number): Backend {
  const { claims } = backend;
  return {
    ...backend,
    claims: {
      ...claims,
      async byName(name, options) {
        const claim = await claims.byName(name, options);
        if (claim === undefined) return undefined;
        return {
          ...claim,
          async append(records) {
            life.records += 1;
            life.dead ||= life.records >= dieAt;
            if (life.dead) throw new Death("dead");
            return claim.append(records);
          },
        };
      },
    },
  };
}

async function heldIn({
  directory,
  name,
  servers,
}: {
  readonly directory: string;
  readonly name: string;
  readonly servers: Servers;
}) {
  const { moto, bao, cluster } = servers;
  const file = await readFile(join(directory, ".env"), "utf8").catch(() => "");
  const secret = await callMoto(moto, "GetSecretValue", { SecretId: name, VersionStage: "AWSCURRENT" });
  const answer = await fetch(`${bao.url}/v1/secret/data/${name}`, { headers: { "x-vault-token": bao.token } });
  const { data } = (await answer.json()) as { readonly data: { readonly data: Readonly<Record<string, string>> } };
  const members = JSON.parse(String(secret["SecretString"])) as Readonly<Record<string, string>>;
  if (members["others"] !== "theirs" || data.data["others"] !== "theirs") throw new Error("what others keep is gone");
  return [/TOKEN=(.*)/.exec(file)?.[1], cluster.secret("app", name)?.["token"], members["token"], data.data["token"]];
}

async function callMoto({ url }: Moto, action: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const scope = "Credential=any/20260101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=any";
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `secretsmanager.${action}`,
    authorization: `AWS4-HMAC-SHA256 ${scope}`,
  };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text}`);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}
