/** rotate on OpenBao with raft and TLS over a real PostgreSQL, for a while, through faults. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres, type Postgres } from "@rotate/doubles";
import { startLoad, unexplained, type Window } from "./load.ts";
import { startRaft, type Raft } from "./raft.ts";
import { layOut, report, say, until, type Promised, type Site } from "./support.ts";

const apps = ["app1", "app2", "app3", "app4"] as const;
/** Seconds. */
const life = 20;

async function furnish(
  { call }: Raft,
  postgres: Postgres,
): Promise<{ readonly roleId: string; readonly secretId: string }> {
  const admin = await postgres.connect();
  await admin.query("create table mints (name text, at timestamptz default now())");
  await admin.end();
  await postgres.createRole("legacy", { password: "first" });
  await call("POST", "sys/mounts/database", { type: "database" });
  await call("POST", "database/config/pg", {
    plugin_name: "postgresql-database-plugin",
    connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
    username: postgres.superuser,
    password: postgres.password,
    allowed_roles: "*",
  });
  const creation_statements = [
    `create role "{{name}}" login password '{{password}}' valid until '{{expiration}}'`,
    "insert into mints (name) values ('{{name}}')",
  ];
  await call("POST", "database/roles/short", { db_name: "pg", creation_statements, default_ttl: life, max_ttl: life });
  await call("POST", "database/static-roles/legacy", { db_name: "pg", username: "legacy", rotation_period: 60 });
  await call("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  // A new engine of version 2 refuses with 400 until it has made itself ready.
  await until("the key-value engine", () => call("POST", "secret/data/app", { data: { password: "value-0" } }));
  await call("POST", "sys/mounts/pki", { type: "pki", config: { max_lease_ttl: "87600h" } });
  await call("POST", "pki/root/generate/internal", { common_name: "proof", ttl: "87600h", key_type: "ec" });
  await call("POST", "pki/roles/web", {
    allowed_domains: "example.com",
    allow_subdomains: true,
    max_ttl: "1h",
    key_type: "ec",
  });
  const policy = [
    'path "database/creds/*" { capabilities = ["read"] }',
    'path "database/static-creds/*" { capabilities = ["read"] }',
    'path "pki/issue/*" { capabilities = ["update"] }',
    'path "pki/revoke" { capabilities = ["update"] }',
    'path "secret/data/*" { capabilities = ["read"] }',
    'path "sys/leases/revoke" { capabilities = ["update"] }',
  ].join("\n");
  await call("POST", "sys/policies/acl/app", { policy });
  await call("POST", "sys/auth/approle", { type: "approle" });
  await call("POST", "auth/approle/role/app", { token_policies: "app", token_period: "1h" });
  const { data: role } = (await call("GET", "auth/approle/role/app/role-id")) as { data: { role_id: string } };
  const { data: secret } = (await call("POST", "auth/approle/role/app/secret-id", {})) as {
    data: { secret_id: string };
  };
  return { roleId: role.role_id, secretId: secret.secret_id };
}

function specOf(url: string, roleId: string): string {
  const provider = (type: string): string => `type: ${type}
    address: ${url}
    tls: { ca: { file: ca.pem } }
    auth: { method: approle, roleId: ${roleId}, secretId: { file: secret-id } }`;
  const values = '{ DB_USER: "{{ username }}", DB_PASSWORD: "{{ password }}" }';
  const db = apps.map(
    (app) => `  ${app}:
    provider: vault
    request: { path: database/creds/short, fields: { username: username, password: password } }
    sinks: [{ type: dotenv, path: ${app}.env, values: ${values} }]
    reload: [{ type: exec, command: ["true"] }]
    overlap: { revoke: adopted, grace: 2s }
`,
  );
  return `version: 1
name: proof
providers:
  vault:
    ${provider("vault")}
  static:
    ${provider("vault-static-role")}
  stored:
    ${provider("vault-kv")}
rotations:
${db.join("")}  legacy:
    provider: static
    request: { role: legacy }
    sinks: [{ type: dotenv, path: legacy.env, values: ${values} }]
  stored:
    provider: stored
    request: { path: app, fields: { password: password } }
    refresh: { every: 5s }
    sinks: [{ type: dotenv, path: stored.env, values: { PASSWORD: "{{ password }}" } }]
  web:
    provider: vault
    request: { path: pki/issue/web, method: write, parameters: { common_name: a.example.com }, ttl: 60s, fields: { certificate: certificate, key: private_key } }
    sinks: [{ type: files, path: tls, values: { tls.crt: "{{ certificate }}", tls.key: "{{ key }}" } }]
`;
}

interface Stage {
  readonly raft: Raft;
  readonly windows: Window[];
  readonly milliseconds: number;
  readonly startedAt: number;
}

/** After this much of the time, through this fault. */
async function through({ raft, windows, milliseconds, startedAt }: Stage): Promise<void> {
  const at = (share: number) => sleep(Math.max(0, startedAt + share * milliseconds - Date.now()));
  async function fault(what: string, act: () => Promise<void>): Promise<void> {
    const window: Window = { what, from: Date.now(), until: Number.POSITIVE_INFINITY };
    windows.push(window);
    await act();
    await raft.serves();
    // What was minted before has at most one life; by then everything is new.
    window.until = Date.now() + life * 1000;
    say(`  ${what}: served again after ${((Date.now() - window.from) / 1000).toFixed(1)} s`);
  }
  let killed = "";
  await at(0.2);
  await fault("leader killed", async () => {
    killed = await raft.leader();
    await raft.kill(killed);
  });
  await at(0.35);
  // The balancer asks nobody how they are: until the node has found the leader, who is sent to it is refused.
  await fault("killed node comes back", () => raft.revive(killed));
  await at(0.45);
  await fault("all sealed for 5 s", async () => {
    await raft.sealAll();
    await sleep(5000);
    await raft.unsealAll();
  });
  await at(0.7);
  await fault("leader frozen for 8 s", async () => {
    const pid = raft.pidOf(await raft.leader());
    process.kill(pid, "SIGSTOP");
    await sleep(8000);
    process.kill(pid, "SIGCONT");
  });
  await at(0.9);
  await raft.call("POST", "secret/data/app", { data: { password: "value-1" } });
  await at(1);
}

/** Certificates that were over while they stood there, and how often one was looked at. */
function watchCertificate({ directory }: Site): {
  readonly stop: () => { readonly looks: number; readonly over: number };
} {
  let [looks, over] = [0, 0];
  async function look(): Promise<void> {
    looks += 1;
    const pem = await readFile(join(directory, "tls/tls.crt"), "utf8").catch(() => undefined);
    if (pem === undefined || Date.parse(new X509Certificate(pem).validTo) < Date.now()) over += 1;
  }
  const timer = setInterval(() => void look(), 1000);
  return {
    stop: () => {
      clearInterval(timer);
      return { looks, over };
    },
  };
}

async function count(postgres: Postgres, query: string): Promise<number> {
  const admin = await postgres.connect();
  try {
    return Number((await admin.query(query)).rows[0].count);
  } finally {
    await admin.end();
  }
}

/** Prints what came of it; true when every promise was kept. */
export async function proveOpenBao(minutes: number): Promise<boolean> {
  const [postgres, raft] = await Promise.all([startPostgres(), startRaft()]);
  try {
    return await prove(postgres, raft, minutes * 60_000);
  } finally {
    await Promise.all([raft.close(), postgres.close()]);
  }
}

async function prove(postgres: Postgres, raft: Raft, milliseconds: number): Promise<boolean> {
  const { roleId, secretId } = await furnish(raft, postgres);
  const site = await layOut({ "rotate.yaml": specOf(raft.url, roleId), "secret-id": secretId, "ca.pem": raft.ca });
  const first = await site.run("run");
  if (first.code !== 0) throw new Error(`the first run: exit ${first.code}: ${first.said}`);
  say(
    `OpenBao: ${apps.length} database users of ${life} s, a static role, a value, a certificate, in ${site.directory}`,
  );
  const mintedBefore = await count(postgres, "select count(*) from mints");
  const daemon = site.watch();
  const startedAt = Date.now();
  const windows: Window[] = [];
  const load = startLoad(
    postgres,
    apps.map((app) => join(site.directory, `${app}.env`)),
  );
  const certificate = watchCertificate(site);
  await through({ raft, windows, milliseconds, startedAt });
  const minted = (await count(postgres, "select count(*) from mints")) - mintedBefore;
  const tally = await load.stop();
  const seconds = (Date.now() - startedAt) / 1000;
  const looks = certificate.stop();
  const legacy = await until(
    "the static role's password to be followed",
    () => worksAs(postgres, site, "legacy"),
    20_000,
  ).then(
    () => true,
    () => false,
  );
  const stored = await readFile(join(site.directory, "stored.env"), "utf8");
  // Whoever is being replaced just now is let go within the grace.
  const live = async () => count(postgres, "select count(*) from pg_roles where rolname like 'v-%'");
  await until(
    "revocations that are owed",
    async () => ((await live()) <= apps.length ? true : undefined),
    15_000,
  ).catch(() => undefined);
  const code = await daemon.stop();
  const left = await live();
  const needed = (apps.length * seconds) / (life / 2);
  const stray = unexplained(tally, windows);
  for (const { at, who, why } of stray.slice(0, 5))
    say(`  at ${((at - startedAt) / 1000).toFixed(1)} s: ${who}: ${why}`);
  const promises: readonly Promised[] = [
    {
      says: "logins that failed outside of injected faults",
      figure: `${stray.length} of ${tally.uses} (within: ${tally.failures.length - stray.length})`,
      kept: stray.length === 0 && tally.uses > 0,
    },
    {
      says: "mints ÷ needed (≤ 1.1)",
      figure: `${minted} ÷ ${needed.toFixed(0)} = ${(minted / needed).toFixed(3)}`,
      kept: minted <= 1.1 * needed,
    },
    {
      says: "users alive after the end, for each rotation (≤ 1)",
      figure: left / apps.length,
      kept: left <= apps.length,
    },
    {
      says: "looks at a certificate that was over or absent",
      figure: `${looks.over} of ${looks.looks}`,
      kept: looks.over === 0 && looks.looks > 0,
    },
    { says: "the static role's password works", figure: String(legacy), kept: legacy },
    {
      says: "a changed value was brought",
      figure: String(stored.includes("value-1")),
      kept: stored.includes("value-1"),
    },
    { says: "`watch` ends in order", figure: `exit ${code}`, kept: code === 0 },
  ];
  return report(`OpenBao, ${(seconds / 60).toFixed(1)} minutes`, promises);
}

async function worksAs(postgres: Postgres, { directory }: Site, name: string): Promise<true | undefined> {
  const text = await readFile(join(directory, `${name}.env`), "utf8");
  const { DB_USER: user = "", DB_PASSWORD: password = "" } = (await import("node:util")).parseEnv(text) as Record<
    string,
    string
  >;
  const client = await postgres.connect({ user, password });
  await client.end();
  return true;
}
