import type { JSONWebKeySet, JWK } from "jose";
import type { DoubleFaults, DoubleRequest } from "../http-double.ts";

/** What a Databricks workspace double is made of. Everything has a default; instants and lives are in milliseconds. */
export interface DatabricksDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens are issued, expire and are refused by it. */
  readonly now?: () => number;
  /** Shortest life of a database credential that may be asked for. The service's: 300,000. Lower it for tests that live seconds. */
  readonly minTtl?: number;
  /** Longest life of a database credential, and the one given when none is asked for. The service's: 3,600,000. */
  readonly maxTtl?: number;
  /** Life of an OAuth access token. The service's: 3,600,000. */
  readonly accessTokenTtl?: number;
  /** How long before its end an access token is already refused ("Token is expiring within 30 seconds"). Default 0. */
  readonly earlyExpiry?: number;
  /** Personal access tokens and the user that each belongs to. */
  readonly pats?: Readonly<Record<string, string>>;
  readonly servicePrincipals?: readonly ServicePrincipal[];
  /** Whose identity tokens are exchanged for an access token (workload identity federation). */
  readonly federation?: readonly FederationPolicy[];
  /** Refresh tokens of people who ran `databricks auth login`, and the user that each belongs to. */
  readonly refreshTokens?: Readonly<Record<string, string>>;
  /** Users that may log in but may not mint. */
  readonly denied?: readonly string[];
  /** Endpoints that exist. Default `projects/app/branches/production/endpoints/primary`. */
  readonly endpoints?: readonly string[];
  /** Provisioned database instances that exist. Default `app`. */
  readonly instances?: readonly string[];
  /** Host name that look-ups name as the data plane. Default `127.0.0.1`. */
  readonly databaseHost?: string;
  readonly workspaceId?: string;
  /** One host for several workspaces: every API call must then name the workspace in `X-Databricks-Workspace-Id`. */
  readonly unified?: boolean;
  /** Fractional digits of `expire_time`. */
  readonly fractionalDigits?: 0 | 3 | 6 | 9;
  /** Sends `expires_in` as text, as Databricks' own test server does. */
  readonly expiresInAsText?: boolean;
  /** How tokens are signed. Default ES256. */
  readonly algorithm?: "ES256" | "RS256";
  /** PEM texts. Given, the double speaks https. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

interface ServicePrincipal {
  /** Its application id, which is also its user name in PostgreSQL. */
  readonly clientId: string;
  readonly secret: string;
}

/** Trust in another issuer: a token of `issuer` with this subject and audience is this service principal (or, without `clientId`, the user `subject`). */
export interface FederationPolicy {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly clientId?: string;
  /** The issuer's public key. */
  readonly key: JWK;
}

/** One database credential that the double issued. */
export interface Mint {
  readonly jti: string;
  /** The PostgreSQL user. */
  readonly sub: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly api: "autoscaling" | "provisioned";
  /** The endpoint, or the instances, that it was asked for. */
  readonly resources: readonly string[];
  readonly claims: readonly unknown[];
}

/** What is known of a verified database credential. `exp` in seconds since 1970. */
export interface DatabaseToken {
  readonly sub: string;
  readonly jti: string;
  readonly exp: number;
  /** The endpoint, or instances, it was minted for. The service does not bind a credential to them. */
  readonly resources: readonly string[];
}

/** One workspace. What it says of itself is for assertions. */
export interface DatabricksDouble {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string;
  readonly tokens: {
    /** Checks signature, audience and expiry (by the double's clock) of a database credential. Rejects with a `jose` error when it is not one. */
    readonly verify: (jwt: string) => Promise<DatabaseToken>;
    readonly jwks: () => JSONWebKeySet;
  };
  /** Every database credential issued, in order. */
  readonly mints: readonly Mint[];
  /** Every request seen, in order. */
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** From now on this personal access token is refused. Database credentials that it minted go on working. */
  readonly revokePat: (pat: string) => void;
  /** From now on this service principal gets no access token; those it has go on working. */
  readonly deleteSecret: (clientId: string) => void;
  readonly close: () => Promise<void>;
}
