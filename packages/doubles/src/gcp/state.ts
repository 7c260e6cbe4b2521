import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import { createGcpSecrets, type GcpSecretStore } from "./secret-store.ts";
import type { AccessTokenRecord, GcpDoubleOptions } from "./types.ts";

/** How long before its end the machine's token is replaced by a new one. */
const cacheMargin = 300_000;
/** The issuer of Google's identity tokens. */
const issuer = "https://accounts.google.com";

interface AccountKey {
  readonly pem: string;
  readonly publicKey: KeyObject;
  readonly id: string;
}

/** Accounts, keys and tokens: what the routes share. */
export interface GcpState {
  readonly options: GcpDoubleOptions;
  readonly now: () => number;
  readonly accounts: readonly string[];
  readonly attached: string;
  /** The account's key, made when first asked for; undefined once it is deleted. */
  readonly keyOf: (email: string) => AccountKey | undefined;
  readonly deleteKey: (email: string) => void;
  readonly deadRefreshTokens: Set<string>;
  readonly mayActAs: Map<string, readonly string[]>;
  readonly issued: AccessTokenRecord[];
  readonly issue: (record: Omit<AccessTokenRecord, "expiresAt">, life: number) => string;
  readonly inspect: (token: string) => AccessTokenRecord | undefined;
  /** The machine's token for these scopes: the same one until shortly before its end. */
  readonly cached: (email: string, scopes: readonly string[]) => { readonly token: string; readonly expiresAt: number };
  readonly signIdToken: (email: string, audience: string, withEmail: boolean) => Promise<string>;
  readonly verifyIdToken: (token: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly secrets: GcpSecretStore;
  /** How old what `latest` and aliases lead to may be. */
  readonly lag: { milliseconds: number };
  /** Rights that nobody has: `secretmanager.versions.add`. */
  readonly lackingRights: Set<string>;
}

function accountKeys(accounts: readonly string[]) {
  const keys = new Map<string, AccountKey | undefined>();
  return {
    keyOf(email: string): AccountKey | undefined {
      if (!keys.has(email) && accounts.includes(email)) keys.set(email, accountKey());
      return keys.get(email);
    },
    deleteKey: (email: string) => void keys.set(email, undefined),
  };
}

function accountKey(): AccountKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  return { pem, publicKey, id: randomBytes(20).toString("hex") };
}

/** A fresh Google Cloud. */
export function createState(options: GcpDoubleOptions): GcpState {
  const now = options.now ?? Date.now;
  const accounts = options.accounts ?? ["app@acme.iam.gserviceaccount.com", "target@acme.iam.gserviceaccount.com"];
  const [first = "", second = first] = accounts;
  const tokens = tokenStore(options, now);
  return {
    options,
    now,
    accounts,
    attached: options.attached ?? first,
    ...accountKeys(accounts),
    deadRefreshTokens: new Set(),
    mayActAs: new Map(Object.entries(options.mayActAs ?? { [second]: [first] })),
    ...tokens,
    ...idTokens(now),
    secrets: createGcpSecrets(now),
    lag: { milliseconds: 0 },
    lackingRights: new Set(),
  };
}

function tokenStore({ tokenLength = 220 }: GcpDoubleOptions, now: () => number) {
  const tokens = new Map<string, AccessTokenRecord>();
  const machine = new Map<string, { readonly token: string; readonly expiresAt: number }>();
  const issued: AccessTokenRecord[] = [];

  function issue(record: Omit<AccessTokenRecord, "expiresAt">, life: number): string {
    const token = `ya29.${randomBytes(tokenLength)
      .toString("base64url")
      .slice(0, tokenLength - 5)}`;
    const whole = { ...record, expiresAt: now() + life };
    tokens.set(token, whole);
    issued.push(whole);
    return token;
  }
  return {
    issued,
    issue,
    inspect(token: string): AccessTokenRecord | undefined {
      const record = tokens.get(token);
      return record !== undefined && record.expiresAt > now() ? record : undefined;
    },
    cached(principal: string, scopes: readonly string[]) {
      const name = [principal, ...scopes.toSorted()].join(" ");
      const kept = machine.get(name);
      if (kept !== undefined && kept.expiresAt - now() > cacheMargin) return kept;
      const life = 3_599_000;
      const fresh = { token: issue({ principal, scopes, by: "metadata" }, life), expiresAt: now() + life };
      machine.set(name, fresh);
      return fresh;
    },
  };
}

function idTokens(now: () => number) {
  let made: ReturnType<typeof generateKeyPair> | undefined;
  const pair = () => (made ??= generateKeyPair("RS256"));
  return {
    async signIdToken(email: string, audience: string, withEmail: boolean): Promise<string> {
      const seconds = Math.floor(now() / 1000);
      return new SignJWT(withEmail ? { azp: email, email, email_verified: true } : { azp: email })
        .setProtectedHeader({ alg: "RS256", typ: "JWT" })
        .setIssuer(issuer)
        .setSubject(email)
        .setAudience(audience)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 3600)
        .sign((await pair()).privateKey);
    },
    async verifyIdToken(token: string): Promise<Readonly<Record<string, unknown>>> {
      const { payload } = await jwtVerify(token, (await pair()).publicKey, { issuer, currentDate: new Date(now()) });
      return payload;
    },
  };
}
