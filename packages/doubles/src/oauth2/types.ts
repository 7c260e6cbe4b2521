import type { JWK } from "jose";
import type { DoubleFaults, DoubleRequest, DoubleTls } from "../http-double.ts";

/** The grants that the token endpoint knows, as the wire spells them. */
export type GrantType = "client_credentials" | "refresh_token" | "urn:ietf:params:oauth:grant-type:token-exchange";

/** A registered client: how it proves itself, and what it may ask for. */
export interface OAuth2Client {
  readonly method: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none";
  readonly secret?: string;
  /** The public key of `private_key_jwt`. */
  readonly key?: JWK;
  readonly grants: readonly GrantType[];
  readonly scopes: readonly string[];
}

/** What an authorization server double is made of. Lives in milliseconds. */
export interface OAuth2DoubleOptions {
  /** Wall clock, milliseconds since 1970. */
  readonly now?: () => number;
  readonly tls?: DoubleTls;
  readonly clients: Readonly<Record<string, OAuth2Client>>;
  /** Life of an access token. Default one hour. */
  readonly ttl?: number;
  /** Refresh tokens that are there from the start, and whose they are. */
  readonly refreshTokens?: Readonly<Record<string, { readonly client: string; readonly scope: string }>>;
  /** Life of a refresh token since its issue. Default 30 days. */
  readonly refreshTtl?: number;
  /** False: refresh tokens stay the same. Default true: each is good once, and its second use kills all that came of it (RFC 9700 §4.14.2). */
  readonly rotates?: boolean;
  /** Tokens of others that may be exchanged, and for whom they speak. */
  readonly subjects?: Readonly<Record<string, string>>;
  /** What a scope beyond what the client may have is answered with: `invalid_scope`, or less than was asked (RFC 6749 §3.3, §5.1). Default `refuse`. */
  readonly beyond?: "refuse" | "narrow";
  /** Audiences that may be asked for in an exchange. Default: any. */
  readonly audiences?: readonly string[];
  /** How `expires_in` is sent. Default `number`. */
  readonly expiresIn?: "number" | "text" | "absent";
  /** Access tokens are JWTs with `exp` instead of random text. */
  readonly jwt?: boolean;
  /** The path of the issuer, `/realms/app`; default none. */
  readonly issuerPath?: string;
  /** Where the metadata is. Default `oauth` (RFC 8414); `openid`: only where OpenID Connect Discovery has it. */
  readonly discovery?: "oauth" | "openid";
}

/** One access token. Instants in ms since 1970. */
export interface OAuth2Issue {
  readonly token: string;
  readonly refreshToken?: string;
  readonly client: string;
  readonly scope: string;
  readonly audience?: string;
  readonly subject: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** An authorization server. What it says of itself is for assertions. */
export interface OAuth2Double {
  readonly url: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** Every access token issued, in order. */
  readonly issued: readonly OAuth2Issue[];
  /** What a resource server says of an access token. */
  readonly accepts: (token: string) => boolean;
  /** Is this refresh token good for another mint? */
  readonly acceptsRefresh: (token: string) => boolean;
  /** From now on this client is unknown. */
  readonly removeClient: (id: string) => void;
  readonly close: () => Promise<void>;
}
