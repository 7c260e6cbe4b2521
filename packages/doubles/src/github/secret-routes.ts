import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { apiError, githubFaults } from "./answers.ts";
import type { ActionsSecret, SecretPlace, SecretStore } from "./secret-store.ts";
import { shownToken } from "./token-routes.ts";
import type { Bearer } from "./types.ts";

/** Limits of GitHub (docs.github.com/actions/reference/secrets-reference). */
const largest = 48 * 1024;
const most = { secrets: 100, environments: 100, organization_secrets: 1000 } as const;

/** What these routes are made of. */
export interface SecretParts {
  readonly now: () => number;
  readonly store: SecretStore;
  /** What a token may, while it lives. */
  readonly bearerOf: (token: string) => Bearer | undefined;
  /** Environments that exist, by `owner/repository`. */
  readonly environments: Readonly<Record<string, readonly string[]>>;
}

interface Target {
  readonly place: SecretPlace;
  readonly permission: keyof typeof most;
  readonly owner: string;
  readonly repository: string | undefined;
  readonly environment: string | undefined;
  /** Behind `…/secrets`. */
  readonly rest: string;
}

/** The part of a path that names a place and what is asked of it; undefined when the path is another. */
export function secretTarget(path: string): Target | undefined {
  const [, organization, orgRest] = /^\/orgs\/([^/]+)\/actions\/secrets(\/.+)?$/.exec(path) ?? [];
  if (organization !== undefined) {
    const shared = { repository: undefined, environment: undefined, rest: orgRest ?? "" };
    return { ...shared, place: `orgs/${organization}`, permission: "organization_secrets", owner: organization };
  }
  const [, owner, repository, environmentPart, rest = ""] =
    /^\/repos\/([^/]+)\/([^/]+)(\/actions|\/environments\/[^/]+)\/secrets(\/.+)?$/.exec(path) ?? [];
  if (owner === undefined || repository === undefined || environmentPart === undefined) return undefined;
  const whole = { owner, repository, rest };
  if (environmentPart === "/actions")
    return { ...whole, place: `repos/${owner}/${repository}`, permission: "secrets", environment: undefined };
  const environment = decodeURIComponent(environmentPart.slice("/environments/".length));
  const place = `repos/${owner}/${repository}/environments/${environment}`;
  return { ...whole, place, permission: "environments", environment };
}

/** docs.github.com/rest/actions/secrets. */
export async function secretRoute(target: Target, request: DoubleRequest, parts: SecretParts): Promise<DoubleAnswer> {
  const refusal = refusalOf(target, request, parts);
  if (refusal !== undefined) return refusal;
  const { place, rest } = target;
  const [, name, list] = /^\/([^/]+)(\/repositories)?$/.exec(rest) ?? [];
  if (name === undefined) return githubFaults.notFound;
  if (name === "public-key") {
    const { id, key } = await parts.store.keyOf(place);
    return { status: 200, body: { key_id: id, key } };
  }
  const secret = parts.store.get(place, name);
  if (request.method === "PUT") return put({ ...target, name, secret }, request, parts);
  if (secret === undefined || request.method !== "GET") return githubFaults.notFound;
  return list === undefined ? { status: 200, body: shown(name, secret) } : selected(secret, request);
}

function refusalOf(target: Target, request: DoubleRequest, parts: SecretParts): DoubleAnswer | undefined {
  const bearer = parts.bearerOf(shownToken(request));
  if (bearer === undefined) return githubFaults.badCredentials;
  const { owner, repository, environment, permission } = target;
  if (bearer.owner.toLowerCase() !== owner.toLowerCase()) return githubFaults.notFound;
  const named = repository?.toLowerCase();
  if (named !== undefined && !bearer.repositories.some((one) => one.toLowerCase() === named))
    return githubFaults.notFound;
  const known = environment === undefined || parts.environments[`${owner}/${repository}`]?.includes(environment);
  if (!known) return githubFaults.notFound;
  return bearer.permissions[permission] === "write" ? undefined : bearer.denied;
}

function shown(name: string, { createdAt, updatedAt, visibility }: ActionsSecret): object {
  const [created_at, updated_at] = [createdAt, updatedAt].map((at) => `${new Date(at).toISOString().slice(0, 19)}Z`);
  return { name: name.toUpperCase(), created_at, updated_at, ...(visibility && { visibility }) };
}

function selected({ visibility, repositories = [] }: ActionsSecret, { query }: DoubleRequest): DoubleAnswer {
  if (visibility !== "selected") return apiError(409, "Visibility of the secret is not selected");
  const [size, page] = [Number(query.get("per_page") ?? 30), Number(query.get("page") ?? 1)];
  const items = repositories.slice((page - 1) * size, page * size).map((id) => ({ id, name: `repository-${id}` }));
  return { status: 200, body: { total_count: repositories.length, repositories: items } };
}

interface Wanted extends Target {
  readonly name: string;
  readonly secret: ActionsSecret | undefined;
}

interface Body {
  readonly encrypted_value?: unknown;
  readonly key_id?: unknown;
  readonly visibility?: ActionsSecret["visibility"];
  readonly selected_repository_ids?: readonly number[];
}

async function put(
  { place, name, secret, permission }: Wanted,
  { body }: DoubleRequest,
  parts: SecretParts,
): Promise<DoubleAnswer> {
  const given = JSON.parse(body) as Body;
  const { encrypted_value: box, key_id: key, visibility, selected_repository_ids: repositories } = given;
  if (typeof box !== "string") return apiError(422, 'Invalid request.\n\n"encrypted_value" wasn\'t supplied.');
  if (typeof key !== "string") return apiError(422, 'Invalid request.\n\n"key_id" wasn\'t supplied.');
  if (!/^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/i.test(name)) return apiError(422, "Secret name is invalid");
  if (permission === "organization_secrets" && visibility === undefined)
    return apiError(422, 'Invalid request.\n\n"visibility" wasn\'t supplied.');
  if (repositories !== undefined && visibility !== "selected")
    return apiError(422, "Selected repositories can only be given with the visibility selected");
  if (key !== (await parts.store.keyOf(place)).id) return apiError(422, "Bad request - public key not found");
  const value = await parts.store.open(place, box);
  if (value === undefined) return apiError(422, "Bad request - encrypted value is invalid");
  if (Buffer.byteLength(value) > largest) return apiError(422, "Secret value is too large");
  if (secret === undefined && parts.store.count(place) >= most[permission])
    return apiError(422, "The maximum number of secrets is reached");
  const now = parts.now();
  const audience = visibility && { visibility, ...(visibility === "selected" && { repositories: repositories ?? [] }) };
  parts.store.set(place, name, { value, createdAt: secret?.createdAt ?? now, updatedAt: now, ...audience });
  return { status: secret === undefined ? 201 : 204, ...(secret === undefined && { body: {} }) };
}
