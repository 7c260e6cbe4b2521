import type { JWK } from "jose";
import type { DoubleFaults, DoubleRequest, DoubleTls } from "../http-double.ts";
import type { Capability } from "./acl.ts";
import type { LeaseRecord } from "./leases.ts";
import type { PresetToken, TokenRecord, TokenSettings } from "./token-types.ts";

/** One method of login, by its mount. Lives in milliseconds. */
export type AuthMethod =
  | { readonly type: "approle"; readonly roles: Readonly<Record<string, AppRole>> }
  | {
      readonly type: "kubernetes";
      /** The tokens that the cluster vouches for: see `podToken`. */
      readonly serviceAccounts: Readonly<Record<string, { readonly namespace: string; readonly name: string }>>;
      readonly roles: Readonly<
        Record<string, TokenSettings & { readonly names: readonly string[]; readonly namespaces: readonly string[] }>
      >;
    }
  | {
      readonly type: "jwt";
      /** The issuer's public key. */
      readonly key: JWK;
      readonly issuer: string;
      readonly defaultRole?: string;
      readonly roles: Readonly<
        Record<
          string,
          TokenSettings & { readonly audiences: readonly string[]; readonly claims?: Record<string, string> }
        >
      >;
    }
  | {
      readonly type: "userpass";
      readonly users: Readonly<Record<string, TokenSettings & { readonly password: string }>>;
    }
  | {
      readonly type: "cert";
      /** By role, the subject common name that it lets in; the double's `tls.clientCa` must have signed the certificate. */
      readonly roles: Readonly<Record<string, TokenSettings & { readonly commonName: string }>>;
    }
  | {
      readonly type: "aws";
      /** By access key id. */
      readonly identities: Readonly<Record<string, AwsIdentity>>;
      /** What `X-Vault-AWS-IAM-Server-ID` must say. */
      readonly serverId?: string;
      readonly roles: Readonly<Record<string, TokenSettings & { readonly arns: readonly string[] }>>;
    };

/** One role of the AppRole method; its secret ids by their value. */
export interface AppRole extends TokenSettings {
  readonly roleId: string;
  readonly secretIds: Readonly<Record<string, SecretIdSettings>>;
}

/** How long and how often a secret id is good. */
export interface SecretIdSettings {
  /** Logins that it is good for; 0 or absent: any number. */
  readonly numUses?: number;
  /** Milliseconds from the start of the double; absent: no end. */
  readonly ttl?: number;
}

/** Who signs a login of the AWS method. */
export interface AwsIdentity {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly arn: string;
}

/** One secrets engine, by its mount. Lives in milliseconds. */
export type Engine =
  | {
      readonly type: "database";
      readonly roles?: Readonly<Record<string, DatabaseRole>>;
      readonly staticRoles?: Readonly<Record<string, StaticRole>>;
    }
  | {
      readonly type: "aws";
      readonly roles: Readonly<Record<string, { readonly ttl: number; readonly maxTtl: number; readonly arn: string }>>;
    }
  | {
      readonly type: "pki";
      readonly roles: Readonly<
        Record<
          string,
          {
            readonly ttl: number;
            readonly maxTtl: number;
            readonly domains: readonly string[];
            readonly generateLease?: boolean;
            readonly noStore?: boolean;
          }
        >
      >;
    }
  | {
      readonly type: "kv";
      readonly version: 1 | 2;
      readonly secrets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };

/** A role whose users are made for each lease. `ttl` and `maxTtl` in ms. */
export interface DatabaseRole {
  readonly ttl: number;
  readonly maxTtl: number;
  /** Makes the user in a real database. Instants in ms since 1970. */
  readonly create?: (user: DatabaseUser) => Promise<void>;
  readonly extend?: (username: string, expiresAt: number) => Promise<void>;
  readonly drop?: (username: string) => Promise<void>;
}

/** A user that one lease stands for. */
export interface DatabaseUser {
  readonly username: string;
  readonly password: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A role with one user, whose password the server changes; `rotationPeriod` in ms. */
export interface StaticRole {
  readonly username: string;
  readonly rotationPeriod: number;
  readonly change?: (username: string, password: string) => Promise<void>;
}

/** The server at the start. Everything has a default; lives are in ms. */
export interface VaultDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens and leases are issued, expire and are refused by it. */
  readonly now?: () => number;
  readonly tls?: DoubleTls;
  /** The one namespace in which everything lives, `team-a/web`. Default: the root namespace. */
  readonly namespace?: string;
  /** By name: capabilities by path (a trailing `*` and whole `+` segments match as in Vault). */
  readonly policies?: Readonly<Record<string, Readonly<Record<string, readonly Capability[]>>>>;
  readonly tokens?: readonly PresetToken[];
  readonly auth?: Readonly<Record<string, AuthMethod>>;
  readonly engines?: Readonly<Record<string, Engine>>;
  /** Whose words the server has where the two differ: OpenBao says a bare `permission denied` to a token that is none. Default `vault`. */
  readonly vendor?: "vault" | "openbao";
  /** As an Agent's listener with `require_request_header`: requests without `X-Vault-Request: true` are refused with 412. */
  readonly requireRequestHeader?: boolean;
}

/** Something that an engine handed out. */
export interface VaultIssue {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly leaseId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Of every database engine: out of reach, or holding objects that belong to the users that were made, so that none of them can be dropped. */
export type DatabaseState = "up" | "down" | "depended-upon";

/** What a node is; `sys/health` has a status code for each. */
export type NodeState = "active" | "sealed" | "standby" | "uninitialized" | "dr-secondary" | "performance-standby";

/** One Vault server. What it says of itself is for assertions. */
export interface VaultDouble {
  readonly url: string;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** Everything handed out, in order. */
  readonly issued: readonly VaultIssue[];
  /** The users of database engines that live now. */
  readonly databaseUsers: () => readonly string[];
  readonly tokens: () => readonly TokenRecord[];
  readonly leases: () => readonly LeaseRecord[];
  /** Ends what has expired by the clock; every request does it too. */
  readonly sweep: () => Promise<void>;
  /** Kills a token with its children and their leases, as an operator does. */
  readonly revokeToken: (id: string) => Promise<void>;
  /** Wraps data as `-wrap-ttl` does, and gives the wrapping token. `ttl` in milliseconds. */
  readonly wrap: (data: Readonly<Record<string, unknown>>, ttl: number) => string;
  /** What this node says of itself. A standby sends clients to `active`, a URL; without one it answers 503. */
  readonly setNode: (state: NodeState, active?: string) => void;
  /** The state of the databases behind the engines. */
  readonly setDatabase: (state: DatabaseState) => void;
  readonly close: () => Promise<void>;
}
