import { randomBytes } from "node:crypto";
import { refuse } from "./answers.ts";
import type { OAuth2DoubleOptions, OAuth2Issue } from "./types.ts";

interface Refresh {
  readonly token: string;
  readonly client: string;
  readonly scope: string;
  /** All tokens that came of one authorization: they die together. */
  readonly family: string;
  readonly expiresAt: number;
  readonly used: boolean;
}

interface Access extends OAuth2Issue {
  readonly family: string;
}

/** What a token is made for. */
export type Grant = Pick<OAuth2Issue, "client" | "scope" | "subject"> & { readonly audience?: string | undefined };

/** Access and refresh tokens; the refresh tokens that came of each other are a family. */
export interface TokenStore {
  readonly issue: (
    grant: Grant,
    family?: { readonly id: string; readonly refreshToken: string | undefined },
  ) => OAuth2Issue;
  /** Spends a refresh token, unless `narrow` refuses what is asked of its scope; its second use kills its family. */
  readonly refresh: (
    token: string,
    client: string,
    narrow: (scope: string) => string,
  ) => { readonly scope: string; readonly family: string; readonly refreshToken: string | undefined };
  /** RFC 7009: of this client, whatever it is; unknown tokens are no error. */
  readonly revoke: (token: string, client: string) => void;
  readonly issued: readonly OAuth2Issue[];
  readonly accepts: (token: string) => boolean;
  readonly acceptsRefresh: (token: string) => boolean;
}

const day = 24 * 3_600_000;

/** Access and refresh tokens in memory, by the clock given. */
export function createTokenStore(options: OAuth2DoubleOptions, now: () => number): TokenStore {
  const { ttl = 3_600_000, refreshTtl = 30 * day, rotates = true } = options;
  const issued: Access[] = [];
  const refreshes = new Map<string, Refresh>();
  const dead = new Set<string>();

  function addRefresh(token: string, of: Pick<Refresh, "client" | "scope" | "family">): string {
    refreshes.set(token, { ...of, token, expiresAt: now() + refreshTtl, used: false });
    return token;
  }
  for (const [token, { client, scope }] of Object.entries(options.refreshTokens ?? {})) {
    addRefresh(token, { client, scope, family: newText() });
  }

  function isGood(refresh: Refresh): boolean {
    return !refresh.used && refresh.expiresAt > now() && !dead.has(refresh.family);
  }
  function accepts(token: string): boolean {
    const found = issued.find((one) => one.token === token);
    return found !== undefined && found.expiresAt > now() && !dead.has(found.family);
  }
  return {
    issued,
    accepts,
    acceptsRefresh: (token) => [refreshes.get(token)].some((found) => found !== undefined && isGood(found)),
    issue: ({ audience, ...grant }, family) => {
      const expiresAt = now() + ttl;
      const made = {
        ...grant,
        token: options.jwt ? jwtLike(expiresAt) : newText(),
        ...(audience !== undefined && { audience }),
        ...(family?.refreshToken !== undefined && { refreshToken: family.refreshToken }),
        issuedAt: now(),
        expiresAt,
        family: family?.id ?? newText(),
      };
      issued.push(made);
      return made;
    },
    refresh: (token, client, narrow) => {
      const found = refreshes.get(token);
      if (found?.client !== client) return refuse("invalid_grant", "unknown refresh token");
      if (found.used) dead.add(found.family);
      if (!isGood(found))
        return refuse(
          "invalid_grant",
          found.used ? "refresh token was used before" : "refresh token has expired or was revoked",
        );
      const { family } = found;
      const scope = narrow(found.scope);
      if (!rotates) return { scope, family, refreshToken: undefined };
      refreshes.set(token, { ...found, used: true });
      return { scope, family, refreshToken: addRefresh(newText(), { ...found, client }) };
    },
    revoke: (token, client) => {
      const access = issued.find((one) => one.token === token && one.client === client);
      const refresh = refreshes.get(token);
      const family = access?.family ?? (refresh?.client === client ? refresh.family : undefined);
      if (family !== undefined) dead.add(family);
    },
  };
}

function newText(): string {
  return randomBytes(24).toString("base64url");
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The shape of a JWT with an `exp`; nobody checks its signature here. */
function jwtLike(expiresAt: number): string {
  return `${part({ alg: "ES256", typ: "at+jwt" })}.${part({ exp: Math.floor(expiresAt / 1000), jti: newText() })}.${newText()}`;
}
