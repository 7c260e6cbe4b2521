import type { Postgres } from "../postgres/start.ts";
import type { CertificateAuthority } from "../tls/index.ts";
import type { Refusal } from "./wire.ts";

/** What a verified database credential says. */
export interface VerifiedToken {
  /** Whose it is: the PostgreSQL user. */
  readonly sub: string;
  readonly jti: string;
  /** Seconds since 1970. */
  readonly exp: number;
  /** The endpoints it was minted for. */
  readonly resources?: readonly string[];
}

/** What a gateway is made of. Instants and lives are in milliseconds. */
export interface LakebaseGatewayOptions {
  /** The PostgreSQL behind it. Not closed with it. */
  readonly postgres: Postgres;
  /** Checks a credential's signature: the Databricks double's `tokens.verify`. Rejects when it is not one. */
  readonly verify: (jwt: string) => Promise<VerifiedToken>;
  /** Judges what is no JWT, such as the signed request that RDS takes as a password: undefined lets its user in. Default: in the service's words, it cannot be decoded. */
  readonly judgeOther?: (login: { readonly user: string; readonly password: string }) => Refusal | undefined;
  /** Wall clock, milliseconds since 1970. Credentials expire by it. */
  readonly now?: () => number;
  /** Issues the server's certificate. Default: one of its own. */
  readonly authority?: CertificateAuthority;
  /** Server names (SNI) that lead to the endpoint. Default `localhost`. Any other name, or none, is refused. */
  readonly hosts?: readonly [string, ...string[]];
  /** Server names that lead to the connection pooler, which knows native passwords only. */
  readonly pooledHosts?: readonly string[];
  /** For how long after its role was made a new identity hears "External authorization failed". The service: up to 60,000. Default 0. */
  readonly propagation?: number;
  /** Strict mode: takes only credentials minted for this endpoint. The service takes any of the workspace, and so does the default. */
  readonly endpoint?: string;
  /** SQLSTATE of "External authorization failed". Sources name both; default 28000. */
  readonly refusedState?: "28000" | "28P01";
  /** Sessions without traffic end after this. The service: 24 h. Default: never. */
  readonly idleLimit?: number;
  /** Sessions end after this, busy or not. The service: about 3 days. Default: never. */
  readonly lifeLimit?: number;
}

/** One attempt to log in. */
export interface LoginRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly user: string;
  readonly database: string;
  /** The client's `application_name`. */
  readonly application: string | undefined;
  /** Id of the credential shown, also when it was refused; undefined when it was no JWT, or a native role's password. */
  readonly jti: string | undefined;
  /** The how-manieth credential it is that this gateway sees, from 1. */
  readonly generation: number | undefined;
  /** `native`: passed on to PostgreSQL's own password check. */
  readonly outcome: "accepted" | "refused" | "native";
  readonly refusal?: Refusal;
}

/** An open session: what it logged in with, which may have expired since. */
export type SessionRecord = Omit<LoginRecord, "outcome" | "refusal">;

/** Spoils one login, after the password was read: `drop` closes without a word, `hang` never answers. */
export type LoginFault = Refusal | "drop" | "hang";

/** Roles as the workspace's administrator makes them. */
export interface GatewayRole {
  /** Makes a native role, which logs in with this password by SCRAM and knows no tokens. */
  readonly password?: string;
}

/** A gateway in front of a real PostgreSQL, which lets in who has a credential that a workspace signed. */
export interface LakebaseGateway {
  /** The first of `hosts`. */
  readonly host: string;
  readonly port: number;
  /** The root that its certificate leads to, PEM. */
  readonly ca: string;
  /** Every login attempt, in order. */
  readonly logins: readonly LoginRecord[];
  /** What ended connections badly: clients that broke off, handshakes that failed, packets that were none. */
  readonly troubles: readonly unknown[];
  /** Sessions open now. */
  readonly sessions: () => readonly SessionRecord[];
  /** Makes a PostgreSQL role of this name and lets the identity of the same name log in as it. */
  readonly createRole: (identity: string, role?: GatewayRole) => Promise<void>;
  /** Spoils the next logins, one fault each. */
  readonly failNext: (...faults: readonly LoginFault[]) => void;
  /** Scales to zero: the next login starts waking it, and for `waking` milliseconds from then on all are refused with 57P03. */
  readonly suspend: (waking: number) => void;
  /** Cuts every open session. */
  readonly cutSessions: () => void;
  readonly close: () => Promise<void>;
}
