/** Three OpenBao servers over raft, with TLS, behind a balancer that passes connections on to one that listens. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCertificateAuthority,
  freePort,
  listen,
  openBaoProgram,
  startTethered,
  type Tethered,
} from "@rotate/doubles";
import { ask, until, type Answered } from "./support.ts";

interface Member {
  readonly id: string;
  readonly url: string;
  readonly config: string;
  process?: Tethered | undefined;
}

export interface Raft {
  /** Of the balancer. */
  readonly url: string;
  readonly ca: string;
  /** As root. Throws when it is refused. */
  readonly call: (method: string, path: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;
  /** The id of the node that leads. */
  readonly leader: () => Promise<string>;
  readonly pidOf: (id: string) => number;
  /** SIGKILL. */
  readonly kill: (id: string) => Promise<void>;
  /** Starts a killed node again and unseals it. */
  readonly revive: (id: string) => Promise<void>;
  readonly sealAll: () => Promise<void>;
  readonly unsealAll: () => Promise<void>;
  /** Resolves when a leader serves. */
  readonly serves: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const ids = ["n1", "n2", "n3"] as const;

/** Starts, unseals and joins them. Throws when one does not come up. */
export async function startRaft(): Promise<Raft> {
  const program = openBaoProgram();
  if (program === undefined) throw new Error("OpenBao is missing: npm run test:setup brings it");
  const home = await mkdtemp(join(tmpdir(), "rotate-raft-"));
  const authority = createCertificateAuthority();
  const ca = authority.ca;
  const { cert, key } = authority.issue({ hosts: ["127.0.0.1", "localhost"] });
  for (const [name, pem] of Object.entries({ "ca.pem": ca, "cert.pem": cert, "key.pem": key }))
    await writeFile(join(home, name), pem, { mode: 0o600 });
  const ports = await Promise.all(ids.map(async () => [await freePort(), await freePort()] as const));
  const nodes = new Map<string, Member>();
  for (const [index, id] of ids.entries()) {
    await mkdir(join(home, id));
    const config = join(home, `${id}.hcl`);
    await writeFile(config, configOf({ id, home, ports, index }));
    nodes.set(id, { id, config, url: `https://127.0.0.1:${ports[index]?.[0]}` });
  }
  const nodeOf = (id: string): Member => nodes.get(id) ?? fail(`no node ${id}`);
  async function start(node: Member): Promise<void> {
    const base = await mkdtemp(join(home, "run-"));
    const argv = [program ?? "", "server", `-config=${node.config}`];
    const env = { PATH: process.env["PATH"], HOME: base };
    node.process = await startTethered({
      argv,
      base,
      signal: "KILL",
      env,
      isReady: (line) => line.includes("server started"),
    });
  }
  const to = (node: Member, method: string, path: string, body?: object): Promise<Answered> =>
    ask(`${node.url}/v1/${path}`, { method, ca, body, headers: { "x-vault-token": token } });

  let token = "";
  await Promise.all([...nodes.values()].map(start));
  const first = nodeOf("n1");
  const made = await to(first, "PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 });
  const [unsealKey] = made.json["keys_base64"] as readonly [string];
  token = String(made.json["root_token"]);
  async function unseal(node: Member): Promise<void> {
    await until(`${node.id} to be unsealed`, async () => {
      const { json } = await to(node, "PUT", "sys/unseal", { key: unsealKey });
      return json["sealed"] === false ? true : undefined;
    });
  }
  await unseal(first);
  for (const id of ["n2", "n3"]) await unseal(nodeOf(id));
  const balancer = await startBalancer(ports.map(([port]) => port));
  const alive = () => [...nodes.values()].filter((node) => node.process !== undefined);
  async function leader(): Promise<string> {
    const found = await Promise.all(
      alive().map(async (node) => ({
        id: node.id,
        leads: await to(node, "GET", "sys/leader").then(
          ({ json }) => json["is_self"] === true,
          () => false,
        ),
      })),
    );
    return found.find(({ leads }) => leads)?.id ?? fail("no node leads");
  }
  async function call(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const { status, json } = await ask(`${balancer.url}/v1/${path}`, {
      method,
      ca,
      body,
      headers: { "x-vault-token": token },
    });
    return status < 300 || (status === 404 && method === "LIST")
      ? json
      : fail(`${path}: ${status} ${JSON.stringify(json)}`);
  }
  const serves = async () =>
    void (await until("a leader", async () => (await leader()) && (await call("GET", "auth/token/lookup-self"))));
  await serves();
  return {
    url: balancer.url,
    ca,
    call,
    leader,
    serves,
    pidOf: (id) => nodeOf(id).process?.pid ?? fail(`${id} does not run`),
    kill: async (id) => {
      const node = nodeOf(id);
      const { process: running } = node;
      node.process = undefined;
      await running?.stop();
    },
    revive: async (id) => {
      await start(nodeOf(id));
      await unseal(nodeOf(id));
    },
    // A node that does not lead refuses to be sealed: the leader, until there is none.
    sealAll: async () => {
      for (const _ of alive()) {
        const id = await until("a leader to seal", () => leader(), 20_000).catch(() => undefined);
        if (id !== undefined) await to(nodeOf(id), "PUT", "sys/seal");
      }
    },
    unsealAll: async () => void (await Promise.all(alive().map(unseal))),
    close: async () => {
      balancer.close();
      await Promise.all([...nodes.values()].map(async ({ process: running }) => running?.stop()));
    },
  };
}

interface Place {
  readonly id: string;
  readonly home: string;
  readonly ports: readonly (readonly [number, number])[];
  readonly index: number;
}

function configOf({ id, home, ports, index }: Place): string {
  const [api, cluster] = ports[index] ?? [0, 0];
  const joins = ports.map(
    ([port]) => `  retry_join {
    leader_api_addr = "https://127.0.0.1:${port}"
    leader_ca_cert_file = "${home}/ca.pem"
  }`,
  );
  return `storage "raft" {
  path = "${home}/${id}"
  node_id = "${id}"
  performance_multiplier = 1
${joins.join("\n")}
}
listener "tcp" {
  address = "127.0.0.1:${api}"
  cluster_address = "127.0.0.1:${cluster}"
  tls_cert_file = "${home}/cert.pem"
  tls_key_file = "${home}/key.pem"
}
api_addr = "https://127.0.0.1:${api}"
cluster_addr = "https://127.0.0.1:${cluster}"
`;
}

/** Passes bytes on to the first of these ports that takes the connection. */
async function startBalancer(ports: readonly number[]): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    reach(0);
    function reach(at: number): void {
      const port = ports[at];
      if (port === undefined) return void client.destroy();
      const upstream = connect(port, "127.0.0.1");
      let connected = false;
      upstream.once("connect", () => {
        connected = true;
        client.pipe(upstream).pipe(client);
        client.once("close", () => upstream.destroy());
        upstream.once("close", () => client.destroy());
      });
      upstream.on("error", () => (connected ? client.destroy() : reach(at + 1)));
    }
  });
  const port = await listen(server);
  server.unref();
  return { url: `https://127.0.0.1:${port}`, close: () => void server.close() };
}

function fail(message: string): never {
  throw new Error(message);
}
