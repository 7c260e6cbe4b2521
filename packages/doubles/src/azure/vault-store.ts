import { randomBytes } from "node:crypto";

type Texts = Readonly<Record<string, string>>;

/** One version of a secret of a vault. */
export interface VaultVersion {
  readonly version: string;
  readonly value: string;
  readonly enabled: boolean;
  readonly contentType?: string;
  readonly tags: Texts;
  /** Seconds since 1970. */
  readonly exp?: number;
  readonly nbf?: number;
  readonly created: number;
}

/** A secret of a vault; the newest version comes last. */
export interface VaultSecret {
  readonly versions: readonly VaultVersion[];
  /** It belongs to a certificate. */
  readonly managed?: boolean;
  /** Deleted, and not purged. */
  readonly deleted?: boolean;
}

/** Secrets by their name, in any case. */
export interface VaultStore {
  readonly get: (name: string) => VaultSecret | undefined;
  readonly set: (name: string, secret: VaultSecret) => void;
  readonly add: (name: string, version: Partial<VaultVersion> & Pick<VaultVersion, "value">) => VaultVersion;
}

/** A vault by this clock, milliseconds since 1970. */
export function createVaultStore(now: () => number): VaultStore {
  const secrets = new Map<string, VaultSecret>();
  const get = (name: string): VaultSecret | undefined => secrets.get(name.toLowerCase());
  const set = (name: string, secret: VaultSecret): void => void secrets.set(name.toLowerCase(), secret);
  return {
    get,
    set,
    add(name, given) {
      const version = randomBytes(16).toString("hex");
      const made = { version, enabled: true, tags: {}, created: Math.floor(now() / 1000), ...given };
      const { versions = [], ...secret } = get(name) ?? {};
      set(name, { ...secret, versions: [...versions, made] });
      return made;
    },
  };
}
