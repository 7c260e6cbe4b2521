/** A secret of its own on a real OpenBao for each test, with a token that may do just what the sink needs. */
import { startFront, type Front, type OpenBao } from "@rotate/doubles";
import { createTestContext, secretRef, type SinkStage, type TestContext } from "@rotate/testkit";
import { vaultKvSink } from "../../src/kv-sink/sink.ts";

type Data = Readonly<Record<string, unknown>>;

export interface KvStage extends SinkStage {
  readonly mount: "secret" | "kv1";
  readonly path: string;
  readonly front: Front;
  readonly policy: string;
}

/** What stands there, as root sees it; undefined for nothing. */
export async function stored(
  server: OpenBao,
  { mount, path }: Pick<KvStage, "mount" | "path">,
): Promise<Data | undefined> {
  const at = mount === "secret" ? `secret/data/${path}` : `kv1/${path}`;
  const answer = await fetch(`${server.url}/v1/${at}`, { headers: { "x-vault-token": server.token } });
  if (answer.status === 404) return undefined;
  const { data } = (await answer.json()) as { readonly data: Data };
  return mount === "secret" ? (data["data"] as Data) : data;
}

/** Somebody else writes there. */
export async function store(
  server: OpenBao,
  { mount, path }: Pick<KvStage, "mount" | "path">,
  data: Data,
): Promise<void> {
  if (mount === "secret") await server.write(`secret/data/${path}`, { data });
  else await server.write(`kv1/${path}`, data);
}

let count = 0;

/** Starts a stage; `holding`: what others keep there. */
export async function startStage(
  server: OpenBao,
  {
    mount = "secret",
    holding,
    create = holding === undefined,
    rights = whole(mount),
  }: {
    readonly mount?: KvStage["mount"];
    readonly holding?: Data;
    readonly create?: boolean;
    readonly rights?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Promise<KvStage> {
  const path = `app-${(count += 1)}/db`;
  const policy = `kv-${count}`;
  const rules = Object.entries(rights).map(([kind, capabilities]) => {
    const at = mount === "secret" ? `secret/${kind}/${path}` : `kv1/${path}`;
    return `path "${at}" { capabilities = ${JSON.stringify(capabilities)} }`;
  });
  await server.write(`sys/policies/acl/${policy}`, { policy: rules.join("\n") });
  const made = await server.write("auth/token/create", { policies: [policy], ttl: "1h" });
  const token = (made["auth"] as { readonly client_token: string }).client_token;
  const front = await startFront(server.url);
  if (holding !== undefined) await store(server, { mount, path }, holding);
  const options = { address: front.url, auth: { method: "token", token: secretRef(token) }, mount, path, create };
  const values = [
    { password: "first-text", user: "app-first" },
    { password: "second-text", user: "app-second" },
  ] as const;
  return { options, values, secrets: [token], mount, path, front, policy, close: front.close };
}

function whole(mount: KvStage["mount"]): Readonly<Record<string, readonly string[]>> {
  return mount === "kv1"
    ? { data: ["read", "create", "update", "delete"] }
    : { data: ["read", "create", "update"], delete: ["update"], metadata: ["patch"] };
}

/** A context of the sink, logged in. */
export async function contextOn(stage: KvStage, more: Readonly<Record<string, unknown>> = {}): Promise<TestContext> {
  const ctx = createTestContext({ options: { ...stage.options, ...more }, schema: vaultKvSink.options });
  return { ...ctx, login: await vaultKvSink.login?.(ctx) };
}
