import { systemTtl } from "../tokens.ts";
import { allowOnly, type Call, type RouteReply, type Services } from "../call.ts";
import { Refusal, refuse } from "../envelope.ts";
import type { Engine } from "../types.ts";

type KvEngine = Extract<Engine, { readonly type: "kv" }>;
type Values = Readonly<Record<string, unknown>>;

interface Version {
  readonly data: Values | null;
  readonly createdAt: number;
  readonly deletedAt?: number;
  readonly destroyed: boolean;
}

/** Key-value secrets: version 1 with the mount's long life but no lease, version 2 with versions. */
export function createKvEngine(engine: KvEngine, services: Services) {
  return engine.version === 1 ? createKvOne(engine.secrets ?? {}) : createKvTwo(engine.secrets ?? {}, services);
}

function createKvOne(secrets: Readonly<Record<string, Values>>) {
  const kept = new Map(Object.entries(secrets));
  return async (call: Call, path: string): Promise<RouteReply | undefined> => {
    allowOnly(call, "read", "update", "delete");
    if (call.operation === "update") kept.set(path, call.data);
    if (call.operation === "delete") kept.delete(path);
    if (call.operation !== "read") return {};
    const data = kept.get(path) ?? refuse(404);
    return { data, lease: { id: "", seconds: systemTtl / 1000, renewable: false } };
  };
}

function createKvTwo(secrets: Readonly<Record<string, Values>>, { now }: Services) {
  const start = (data: Values): readonly Version[] => [{ data, createdAt: now(), destroyed: false }];
  const kept = new Map(Object.entries(secrets).map(([path, data]) => [path, start(data)]));

  function read(path: string, call: Call): RouteReply {
    const versions = kept.get(path) ?? refuse(404);
    const number = Number(call.data["version"] ?? 0) || versions.length;
    const version = versions[number - 1] ?? refuse(404);
    const metadata = metadataOf(version, number);
    if (version.data === null || version.deletedAt !== undefined)
      throw new Refusal(404, [], { data: { data: null, metadata } });
    return { data: { data: version.data, metadata } };
  }
  function write(path: string, call: Call): RouteReply {
    const versions = kept.get(path) ?? [];
    const { cas } = (call.data["options"] ?? {}) as { readonly cas?: number };
    if (cas !== undefined && cas !== versions.length) {
      return refuse(400, "check-and-set parameter did not match the current version");
    }
    const data = call.data["data"];
    if (typeof data !== "object" || data === null) return refuse(400, "no data provided");
    const version: Version = { data: data as Values, createdAt: now(), destroyed: false };
    kept.set(path, [...versions, version]);
    return { data: metadataOf(version, versions.length + 1) };
  }
  function change(path: string, numbers: readonly number[], to: (version: Version) => Version): RouteReply {
    const versions = kept.get(path) ?? [];
    kept.set(
      path,
      versions.map((version, at) => (numbers.includes(at + 1) ? to(version) : version)),
    );
    return {};
  }

  const marked = (version: Version): Version => ({ ...version, deletedAt: now() });

  return async (call: Call, path: string): Promise<RouteReply | undefined> => {
    const [kind = "", ...rest] = path.split("/");
    const name = rest.join("/");
    const numbers = [call.data["versions"] ?? kept.get(name)?.length ?? 0].flat().map(Number);
    if (kind === "data" && call.operation === "read") return read(name, call);
    if (kind === "data" && call.operation === "update") return write(name, call);
    if (kind === "data" && call.operation === "delete") return change(name, numbers, marked);
    if (kind === "delete" && call.operation === "update") return change(name, numbers, marked);
    if (kind === "destroy" && call.operation === "update")
      return change(name, numbers, (v) => ({ ...v, data: null, destroyed: true }));
    throw new Refusal(404, [], { warnings: [wrongPath] });
  };
}

const wrongPath =
  "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation.";

function metadataOf({ createdAt, deletedAt, destroyed }: Version, version: number): Values {
  const deletion_time = deletedAt === undefined ? "" : new Date(deletedAt).toISOString();
  return { created_time: new Date(createdAt).toISOString(), custom_metadata: null, deletion_time, destroyed, version };
}
