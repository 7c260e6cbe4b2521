import { randomBytes } from "node:crypto";

type Texts = Readonly<Record<string, string>>;

/** One version of a secret. */
export interface GcpSecretVersion {
  readonly number: number;
  readonly payload: Buffer;
  readonly state: "ENABLED" | "DISABLED" | "DESTROYED";
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A secret of Secret Manager. */
export interface GcpSecret {
  /** `projects/P/secrets/S`, or with a location, as it was made. */
  readonly name: string;
  readonly etag: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  /** Version numbers by alias. */
  readonly aliases: Texts;
  readonly versions: readonly GcpSecretVersion[];
  readonly replication?: object;
  readonly rotation?: object;
  readonly expireTime?: string;
}

/** What there is, and what there was: `latest` and aliases are answered from the past. */
export interface GcpSecretStore {
  readonly get: (name: string) => GcpSecret | undefined;
  /** As it was so many milliseconds ago; as it began, where it is younger. */
  readonly before: (name: string, age: number) => GcpSecret | undefined;
  /** Whatever changes of the secret itself gives it another etag; a version does not. */
  readonly put: (secret: Omit<GcpSecret, "etag">) => GcpSecret;
  readonly setVersions: (name: string, versions: readonly GcpSecretVersion[]) => void;
}

interface Moment {
  readonly at: number;
  readonly secret: GcpSecret;
}

/** A store by this clock, milliseconds since 1970. */
export function createGcpSecrets(now: () => number): GcpSecretStore {
  const pasts = new Map<string, readonly Moment[]>();

  function keep(secret: GcpSecret): GcpSecret {
    pasts.set(secret.name, [...(pasts.get(secret.name) ?? []), { at: now(), secret }]);
    return secret;
  }
  const get = (name: string): GcpSecret | undefined => pasts.get(name)?.at(-1)?.secret;
  return {
    get,
    before(name, age) {
      const past = pasts.get(name) ?? [];
      return (past.findLast(({ at }) => at <= now() - age) ?? past[0])?.secret;
    },
    put: (secret) => keep({ ...secret, etag: `"${randomBytes(7).toString("hex")}"` }),
    setVersions(name, versions) {
      const secret = get(name);
      if (secret !== undefined) keep({ ...secret, versions });
    },
  };
}
