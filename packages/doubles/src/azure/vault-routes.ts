import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { EntraParts } from "./token-routes.ts";
import type { VaultSecret, VaultStore, VaultVersion } from "./vault-store.ts";

/** The service that tokens for vaults are made for. */
export const vaultService = "https://vault.azure.net";

/** What these routes are made of. */
export interface VaultParts extends Pick<EntraParts, "signer" | "tenantId"> {
  readonly store: VaultStore;
  /** What nobody may: `get`, `set`, `list`. */
  readonly lacking: ReadonlySet<string>;
}

const most = { value: 25_600, tags: 15 } as const;
const page = 2;
// Its own library puts a slash behind a name without a version.
const path = /^\/(secrets|deletedsecrets)\/([^/]+)(?:\/([^/]*))?$/;

/** Is it a path of a vault? */
export function isVaultPath(text: string): boolean {
  return path.test(text);
}

/** An error as a vault puts it. */
export function vaultError([status, code]: readonly [number, string], message: string, inner?: string): DoubleAnswer {
  const error = { code, message, ...(inner !== undefined && { innererror: { code: inner } }) };
  return { status, body: { error } };
}

/** learn.microsoft.com/rest/api/keyvault/secrets, version 2025-07-01. @param url of the vault */
export async function vaultRoute(request: DoubleRequest, parts: VaultParts, url: string): Promise<DoubleAnswer> {
  const [, kind, name = "", rest = ""] = path.exec(request.path) ?? [];
  const refusal = await tokenRefusal(request, parts, url);
  if (refusal !== undefined) return refusal;
  if (request.query.get("api-version") === null)
    return vaultError([400, "BadParameter"], "api-version must be specified");
  if (!/^[0-9A-Za-z-]{1,127}$/.test(name))
    return vaultError([400, "BadParameter"], "The request URI contains an invalid name");
  const { method } = request;
  const right = method !== "GET" ? "set" : rest === "versions" ? "list" : "get";
  if (parts.lacking.has(right)) return forbidden(right);
  const secret = parts.store.get(name);
  if (kind === "deletedsecrets") return deletedSecret(name, secret, url);
  if (method === "PUT") return put(name, request, { parts, url });
  if (secret === undefined || secret.deleted === true || secret.versions.length === 0) return notFound(name);
  if (rest === "versions") return list(secret, request, { name, url });
  const version = secret.versions.findLast((one) => rest === "" || one.version === rest);
  if (version === undefined) return notFound(name);
  if (method === "PATCH") return patch(version, request, { name, secret, parts, url });
  return version.enabled ? shown(version, { name, secret, url }) : disabled;
}

async function tokenRefusal({ headers }: DoubleRequest, { signer, tenantId }: VaultParts, url: string) {
  const token = /^Bearer (\S+)$/.exec(headers["authorization"] ?? "")?.[1];
  const challenge = { "www-authenticate": `Bearer authorization="${url}/${tenantId}", resource="${vaultService}"` };
  const refusal = (message: string): DoubleAnswer => ({
    ...vaultError([401, "Unauthorized"], message),
    headers: challenge,
  });
  if (token === undefined) return refusal("AKV10000: Request is missing a Bearer or PoP token.");
  const claims = await signer.verify(token).catch(() => undefined);
  if (claims === undefined) return refusal("AKV10046: Unable to resolve the key used for signature validation.");
  return claims.aud === vaultService ? undefined : refusal("AKV10022: Invalid audience.");
}

function forbidden(right: string): DoubleAnswer {
  const message = `Caller is not authorized to perform action on resource. Action: 'Microsoft.KeyVault/vaults/secrets/${right}Secret/action'`;
  return vaultError([403, "Forbidden"], message, "ForbiddenByRbac");
}

const disabled = vaultError([403, "Forbidden"], "Operation get is not allowed on a disabled secret.", "SecretDisabled");

function notFound(name: string): DoubleAnswer {
  const message = `A secret with (name/id) ${name} was not found in this key vault.`;
  return vaultError([404, "SecretNotFound"], message);
}

function deletedSecret(name: string, secret: VaultSecret | undefined, url: string): DoubleAnswer {
  const version = secret?.versions.at(-1);
  if (secret?.deleted !== true || version === undefined) return notFound(name);
  const recoveryId = `${url}/deletedsecrets/${name}`;
  return { status: 200, body: { ...described(version, { name, secret, url }), recoveryId } };
}

interface About {
  readonly name: string;
  readonly secret: VaultSecret;
  readonly url: string;
}

function described(
  { version, enabled, contentType, tags, exp, nbf, created }: VaultVersion,
  { name, secret, url }: About,
) {
  const dates = { ...(exp !== undefined && { exp }), ...(nbf !== undefined && { nbf }) };
  return {
    id: `${url}/secrets/${name}/${version}`,
    attributes: {
      enabled,
      ...dates,
      created,
      updated: created,
      recoveryLevel: "Recoverable+Purgeable",
      recoverableDays: 90,
    },
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(contentType !== undefined && { contentType }),
    ...(secret.managed === true && { managed: true }),
  };
}

function shown(version: VaultVersion, about: About): DoubleAnswer {
  return { status: 200, body: { value: version.value, ...described(version, about) } };
}

/** Small pages, in no order that means anything. */
function list(
  { versions, ...secret }: VaultSecret,
  { query }: DoubleRequest,
  { name, url }: Omit<About, "secret">,
): DoubleAnswer {
  const from = Number(query.get("$skiptoken") ?? 0);
  const ordered = versions.toSorted((a, b) => a.version.localeCompare(b.version));
  const value = ordered
    .slice(from, from + page)
    .map((one) => described(one, { name, secret: { ...secret, versions }, url }));
  const next = from + page;
  const nextLink =
    next < ordered.length ? `${url}/secrets/${name}/versions?api-version=2025-07-01&$skiptoken=${next}` : null;
  return { status: 200, body: { value, nextLink } };
}

interface Body {
  readonly value?: unknown;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly attributes?: { readonly enabled?: boolean; readonly exp?: number; readonly nbf?: number };
}

/** A new version has what is said, and nothing of the one before. */
function put(
  name: string,
  { body }: DoubleRequest,
  { parts, url }: { readonly parts: VaultParts; readonly url: string },
): DoubleAnswer {
  const secret = parts.store.get(name);
  if (secret?.deleted === true) {
    const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`;
    return vaultError([409, "Conflict"], message, "ObjectIsDeletedButRecoverable");
  }
  if (secret?.managed === true)
    return vaultError([403, "Forbidden"], "Operation set is not allowed on a managed secret.");
  const { value, contentType, tags = {}, attributes: { enabled = true, exp, nbf } = {} } = JSON.parse(body) as Body;
  if (typeof value !== "string") return vaultError([400, "BadParameter"], "The parameter value is not specified.");
  if (Buffer.byteLength(value) > most.value) return vaultError([400, "BadParameter"], "The secret value is too large.");
  if (Object.keys(tags).length > most.tags) return vaultError([400, "BadParameter"], "Too many tags.");
  const dates = { ...(exp !== undefined && { exp }), ...(nbf !== undefined && { nbf }) };
  const version = parts.store.add(name, {
    value,
    enabled,
    tags,
    ...dates,
    ...(contentType !== undefined && { contentType }),
  });
  return shown(version, { name, secret: parts.store.get(name) ?? { versions: [] }, url });
}

/** What is not said stays. */
function patch(
  version: VaultVersion,
  { body }: DoubleRequest,
  { name, secret, parts, url }: About & { readonly parts: VaultParts },
): DoubleAnswer {
  const { tags = version.tags, attributes: { enabled = version.enabled } = {} } = JSON.parse(body) as Body;
  const next = { ...version, tags, enabled };
  const versions = secret.versions.map((one) => (one === version ? next : one));
  parts.store.set(name, { ...secret, versions });
  return { status: 200, body: described(next, { name, secret, url }) };
}
