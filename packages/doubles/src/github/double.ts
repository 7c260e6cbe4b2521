import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { githubFaults } from "./answers.ts";
import { createAppAccess, type AppAccess } from "./app-access.ts";
import { secretRoute, secretTarget, type SecretParts } from "./secret-routes.ts";
import { createSecretStore } from "./secret-store.ts";
import { createToken, shownToken, type TokenParts } from "./token-routes.ts";
import type { Bearer, GithubDouble, GithubDoubleOptions, Installation, InstallationToken } from "./types.ts";

const acme: Installation = {
  id: 42,
  owner: "acme",
  repositories: ["app", "docs"],
  permissions: { contents: "write", metadata: "read", pull_requests: "read" },
};

/**
 * The part of GitHub's REST API that a GitHub App needs, on loopback (docs.github.com/rest/apps). App JWTs are really verified, tokens really
 * expire, and a revoked token is dead.
 */
export async function createGithubDouble(options: GithubDoubleOptions = {}): Promise<GithubDouble> {
  const now = options.now ?? Date.now;
  const { appId = "123456", installations = [acme], prefix = "", tokenLength = 40 } = options;
  const tokens = new Map<string, InstallationToken>();
  const suspended = new Set<number>();
  const issued: InstallationToken[] = [];
  const access = createAppAccess([appId, "Iv23liDOUBLE"], now);
  const parts = { now, installations, suspended, tokens, issued, tokenLength };
  const store = createSecretStore();
  const bearerOf = (token: string) => bearer(token, options.personal ?? {}, parts);
  const { environments = { "acme/app": ["production"] } } = options;
  const secrets = { now, store, bearerOf, environments };
  const handle = (request: DoubleRequest) => route(request, { access, parts, secrets, prefix });
  const { url, requests, faults, close } = await startHttpDouble({ now, handle });
  return {
    url: `${url}${prefix}`,
    appId,
    get privateKey() {
      return access.privateKey();
    },
    inspect: (token) => living(token, parts),
    issued,
    requests,
    faults,
    deleteKey: access.deleteKey,
    actionsSecret: store.get,
    writeSecret: (place, name, given) => store.set(place, name, { createdAt: now(), updatedAt: now(), ...given }),
    sealingKey: store.keyOf,
    unseal: store.open,
    renewKey: store.renewKey,
    suspend: (id) => void suspended.add(id),
    close,
  };
}

function living(token: string, { tokens, now }: TokenParts): InstallationToken | undefined {
  const record = tokens.get(token);
  return record !== undefined && record.expiresAt > now() ? record : undefined;
}

function bearer(token: string, personal: GithubDoubleOptions["personal"] = {}, parts: TokenParts): Bearer | undefined {
  const person = personal[token];
  if (person !== undefined) return { ...person, denied: githubFaults.personalNotAccessible };
  const known = living(token, parts);
  const owner = parts.installations.find(({ id }) => id === known?.installation)?.owner;
  return known && owner !== undefined ? { ...known, owner, denied: githubFaults.notAccessible } : undefined;
}

interface Parts {
  readonly access: AppAccess;
  readonly parts: TokenParts;
  readonly secrets: SecretParts;
  readonly prefix: string;
}

async function route(request: DoubleRequest, { access, parts, secrets, prefix }: Parts): Promise<DoubleAnswer> {
  if (!request.path.startsWith(`${prefix}/`))
    return { status: 404, body: "<html>Not Found</html>", headers: { "content-type": "text/html" } };
  const path = request.path.slice(prefix.length);
  if (path === "/installation/token" && request.method === "DELETE") return revoke(request, parts);
  if (path === "/installation/repositories") return repositories(request, parts);
  const target = secretTarget(path);
  if (target !== undefined) return secretRoute(target, request, secrets);
  return (await access.refuse(request)) ?? appRoute(path, request, parts);
}

/** What only the app itself may call. */
function appRoute(path: string, request: DoubleRequest, parts: TokenParts): DoubleAnswer {
  if (request.method === "GET" && path === "/app") return { status: 200, body: { id: 123456, slug: "rotate" } };
  if (request.method === "GET" && path === "/app/installations") {
    return { status: 200, body: parts.installations.map((one) => shown(one, parts)) };
  }
  const [, id, rest] = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(path) ?? [];
  if (request.method === "POST" && id !== undefined && rest !== undefined)
    return createToken(Number(id), request, parts);
  if (request.method === "GET" && id !== undefined && rest === undefined)
    return found(
      parts.installations.find((one) => String(one.id) === id),
      parts,
    );
  const [, kind, owner, repository] = /^\/(orgs|users|repos)\/([^/]+)(?:\/([^/]+))?\/installation$/.exec(path) ?? [];
  return found(
    parts.installations.find((one) => one.owner === owner && isOf(one, { kind, repository })),
    parts,
  );
}

function found(installation: Installation | undefined, parts: TokenParts): DoubleAnswer {
  return installation === undefined ? githubFaults.notFound : { status: 200, body: shown(installation, parts) };
}

/** An installation as the API shows it (docs.github.com/rest/apps/apps, "Get an installation for the authenticated app"). */
function shown(installation: Installation, { suspended }: TokenParts): object {
  const { id, owner, ownerType = "Organization", permissions } = installation;
  return {
    id,
    account: { login: owner, type: ownerType },
    target_type: ownerType,
    repository_selection: "selected",
    permissions,
    suspended_at: suspended.has(id) ? "2030-01-01T00:00:00Z" : null,
  };
}

function isOf(
  { ownerType = "Organization", repositories: names }: Installation,
  { kind, repository }: { readonly kind: string | undefined; readonly repository: string | undefined },
): boolean {
  if (kind === "repos") return names.includes(repository ?? "");
  return (kind === "orgs") === (ownerType === "Organization");
}

function revoke(request: DoubleRequest, parts: TokenParts): DoubleAnswer {
  const token = shownToken(request);
  if (living(token, parts) === undefined) return githubFaults.badCredentials;
  parts.tokens.delete(token);
  return { status: 204 };
}

function repositories(request: DoubleRequest, parts: TokenParts): DoubleAnswer {
  const token = living(shownToken(request), parts);
  if (token === undefined) return githubFaults.badCredentials;
  return { status: 200, body: { repositories: token.repositories.map((name) => ({ name })) } };
}
