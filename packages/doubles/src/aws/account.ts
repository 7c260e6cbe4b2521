import { createHash, randomBytes, randomInt } from "node:crypto";
import { refuse } from "./refusal.ts";
import type { AwsDoubleOptions, AwsKey, AwsMint, AwsRole, AwsUser, Principal } from "./types.ts";

/** The account: who has which key, and what was issued. */
export interface Account {
  readonly id: string;
  readonly region: string;
  readonly now: () => number;
  readonly options: AwsDoubleOptions;
  readonly find: (accessKeyId: string) => AwsKey | undefined;
  readonly roleOf: (arn: string) => AwsRole | undefined;
  readonly remove: (accessKeyId: string) => void;
  readonly mfaCode: (userName: string) => string;
  /** Takes a code once. Throws AwsRefusal. */
  readonly spendCode: (user: AwsUser | undefined, serial: string, code: string) => void;
  readonly issue: (session: SessionRequest) => AwsKey & { readonly expiresAt: number };
  readonly mints: readonly AwsMint[];
}

/** What is to be issued. `life` in milliseconds. */
export interface SessionRequest {
  readonly action: string;
  readonly principal: Principal;
  readonly life: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A code device shows one code for so long, ms. */
const codeWindow = 30_000;

/** Creates the account of a double. */
export function createAccount(options: AwsDoubleOptions): Account {
  const now = options.now ?? Date.now;
  const id = options.accountId ?? "123456789012";
  const keys = new Map((options.users ?? []).map((user) => [user.accessKeyId, longTerm(user, id)]));
  const spent = new Set<string>();
  const mints: AwsMint[] = [];

  function codeOf({ mfaSerial = "" }: AwsUser): string {
    const digest = createHash("sha256")
      .update(`${mfaSerial}:${Math.floor(now() / codeWindow)}`)
      .digest();
    return String(digest.readUInt32BE() % 1_000_000).padStart(6, "0");
  }

  return {
    id,
    region: options.region ?? "us-east-1",
    now,
    options,
    find: (accessKeyId) => keys.get(accessKeyId),
    roleOf: (arn) => (options.roles ?? []).find(({ name }) => arn === `arn:aws:iam::${id}:role/${name}`),
    remove: (accessKeyId) => void keys.delete(accessKeyId),
    mfaCode(userName) {
      const user = (options.users ?? []).find(({ name }) => name === userName);
      if (user === undefined) throw new TypeError(`no user ${userName}`);
      return codeOf(user);
    },
    spendCode(user, serial, code) {
      const denied = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
      if (user?.mfaSerial !== serial || code !== codeOf(user)) refuse(403, "AccessDenied", denied);
      const key = `${serial}:${code}:${Math.floor(now() / codeWindow)}`;
      if (spent.has(key)) refuse(403, "AccessDenied", denied);
      spent.add(key);
    },
    issue({ action, principal, life, parameters }) {
      const expiresAt = (Math.floor(now() / 1000) + life / 1000) * 1000;
      const key = { ...temporary(options.sessionTokenSize ?? 400), expiresAt, principal };
      keys.set(key.accessKeyId, key);
      mints.push({ action, accessKeyId: key.accessKeyId, arn: principal.arn, issuedAt: now(), expiresAt, parameters });
      return key;
    },
    mints,
  };
}

function longTerm(user: AwsUser, accountId: string): AwsKey {
  const { accessKeyId, secretAccessKey, name } = user;
  const arn = `arn:aws:iam::${accountId}:user/${name}`;
  const userId = `AIDA${name.toUpperCase().padEnd(17, "X").slice(0, 17)}`;
  return {
    accessKeyId,
    secretAccessKey,
    principal: { arn, userId, kind: "user", user, mfa: false, transitiveTags: {} },
  };
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function temporary(tokenSize: number): Required<Pick<AwsKey, "accessKeyId" | "secretAccessKey" | "sessionToken">> {
  return {
    accessKeyId: `ASIA${Array.from(randomBytes(16), (byte) => base32[byte % 32]).join("")}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(Math.ceil(tokenSize * 0.75) + randomInt(24)).toString("base64"),
  };
}
