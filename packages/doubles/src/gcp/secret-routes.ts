import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { apiError, gcpFaults } from "./answers.ts";
import { access, addVersion, closeVersion, describeVersion } from "./secret-versions.ts";
import type { GcpSecret } from "./secret-store.ts";
import { invalidArgument, noSecret, shownName, type SecretTarget } from "./secret-target.ts";
import type { GcpState } from "./state.ts";

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";
type Handler = (target: SecretTarget, request: DoubleRequest, state: GcpState) => DoubleAnswer;

/** By method, where in the tree, and verb; each with the right that it takes. */
const handlers: Readonly<Record<string, readonly [right: string, handler: Handler]>> = {
  "GET secret ": ["secrets.get", ({ name }, _request, { secrets }) => shown(secrets.get(name), name)],
  "PATCH secret ": ["secrets.update", patch],
  "POST project ": ["secrets.create", create],
  "POST secret addVersion": ["versions.add", addVersion],
  "GET version ": ["versions.get", describeVersion],
  "GET version access": ["versions.access", access],
  "POST version destroy": ["versions.destroy", closeVersion("DESTROYED")],
  "POST version disable": ["versions.disable", closeVersion("DISABLED")],
};

/** cloud.google.com/secret-manager/docs/reference/rest, v1. */
export function gcpSecretRoute(target: SecretTarget, request: DoubleRequest, state: GcpState): DoubleAnswer {
  const caller = state.inspect(/^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "");
  if (caller === undefined) return gcpFaults.unauthenticated;
  if (!caller.scopes.includes(cloudPlatform)) return gcpFaults.narrowScope;
  const { version, secret, verb } = target;
  if (request.method === "POST" && verb === "testIamPermissions") return testRights(request, state);
  const place = version !== undefined ? "version" : secret === "" ? "project" : "secret";
  const [right, handler] = handlers[`${request.method} ${place} ${verb}`] ?? [];
  if (right === undefined || handler === undefined)
    return apiError([404, "NOT_FOUND"], "Requested entity was not found.");
  if (state.lackingRights.has(`secretmanager.${right}`)) {
    const where = `${shownName(target.name)}${version === undefined ? "" : `/versions/${version}`}`;
    const message = `Permission 'secretmanager.${right}' denied for resource '${where}' (or it may not exist).`;
    return apiError([403, "PERMISSION_DENIED"], message, "IAM_PERMISSION_DENIED");
  }
  return handler(target, request, state);
}

/** Asking takes no right. */
function testRights({ body }: DoubleRequest, { lackingRights }: GcpState): DoubleAnswer {
  const { permissions = [] } = JSON.parse(body) as { readonly permissions?: readonly string[] };
  const has = permissions.filter((one) => !lackingRights.has(one));
  return { status: 200, body: has.length === 0 ? {} : { permissions: has } };
}

function shown(secret: GcpSecret | undefined, name: string): DoubleAnswer {
  if (secret === undefined) return noSecret(name);
  const { etag, labels, annotations, aliases, replication, rotation, expireTime } = secret;
  const filled = Object.entries({ labels, annotations, versionAliases: aliases }).filter(
    ([, map]) => Object.keys(map).length > 0,
  );
  const body = {
    name: shownName(secret.name),
    createTime: "2026-01-01T00:00:00.000000Z",
    etag,
    ...Object.fromEntries(filled),
    ...(replication && { replication }),
    ...(rotation && { rotation }),
    ...(expireTime !== undefined && { expireTime }),
  };
  return { status: 200, body };
}

interface Given {
  readonly etag?: string;
  readonly replication?: object;
  readonly labels?: GcpSecret["labels"];
  readonly annotations?: GcpSecret["annotations"];
  readonly versionAliases?: GcpSecret["aliases"];
}

function create({ parent, name }: SecretTarget, { query, body }: DoubleRequest, { secrets }: GcpState): DoubleAnswer {
  const id = query.get("secretId") ?? "";
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(id))
    return invalidArgument("The provided secret ID [...] does not match the expected format.");
  const { replication, labels = {}, annotations = {} } = JSON.parse(body) as Given;
  const isRegional = parent.includes("/locations/");
  if (isRegional === (replication !== undefined))
    return invalidArgument(
      isRegional ? "Replication is not allowed for regional secrets." : "Replication is required.",
    );
  if (secrets.get(name + id) !== undefined)
    return apiError([409, "ALREADY_EXISTS"], `Secret [${shownName(name + id)}] already exists.`);
  const made = { name: name + id, labels, annotations, aliases: {}, versions: [], ...(replication && { replication }) };
  return shown(secrets.put(made), name);
}

const masks = { labels: "labels", annotations: "annotations", versionAliases: "aliases" } as const;

function patch({ name }: SecretTarget, { query, body }: DoubleRequest, { secrets }: GcpState): DoubleAnswer {
  const secret = secrets.get(name);
  if (secret === undefined) return noSecret(name);
  const given = JSON.parse(body) as Given;
  const fields = (query.get("updateMask") ?? "").split(",");
  if (!fields.every((field): field is keyof typeof masks => field in masks))
    return invalidArgument("Invalid update mask.");
  const changes = Object.fromEntries(fields.map((field) => [masks[field], given[field] ?? {}]));
  const aliases = fields.includes("versionAliases") ? (given.versionAliases ?? {}) : {};
  const numbers = secret.versions.map(({ number }) => String(number));
  const dangling = Object.entries(aliases).some(([alias, number]) => !isAlias(alias) || !numbers.includes(number));
  if (dangling) return invalidArgument("Invalid version alias.");
  if (given.etag !== undefined && given.etag !== secret.etag)
    return apiError([400, "FAILED_PRECONDITION"], "The etag provided does not match the etag of the resource.");
  return shown(secrets.put({ ...secret, ...changes }), name);
}

function isAlias(text: string): boolean {
  return /^(?!latest$|NEW$)[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text);
}
