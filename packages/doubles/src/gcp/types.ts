import type { JWK } from "jose";
import type { DoubleFaults, DoubleRequest } from "../http-double.ts";
import type { GcpSecret } from "./secret-store.ts";

/** What a Google Cloud double is made of. Everything has a default; instants and lives are in milliseconds. */
export interface GcpDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens are issued, expire and are refused by it. */
  readonly now?: () => number;
  /** Service accounts that exist, by email. Default `app@acme.iam.gserviceaccount.com` and `target@acme.iam.gserviceaccount.com`. */
  readonly accounts?: readonly string[];
  /** The account of the machine whose metadata server this is. Default: the first account. */
  readonly attached?: string;
  /** Who (a principal: an email, or what a pool provider makes of an identity) may act as an account. Default: the first account as the second. */
  readonly mayActAs?: Readonly<Record<string, readonly string[]>>;
  /** Accounts whose tokens may live up to 12 hours (constraints/iam.allowServiceAccountCredentialLifetimeExtension). */
  readonly longLived?: readonly string[];
  /** People who ran `gcloud auth application-default login`. */
  readonly people?: readonly Person[];
  /** Providers of workload identity pools. */
  readonly pools?: readonly PoolProvider[];
  /** Users whom an account may act as, by its email (domain-wide delegation). */
  readonly delegated?: Readonly<Record<string, readonly string[]>>;
  /** Length of an access token. Default 220; real ones differ. */
  readonly tokenLength?: number;
}

/** A person with a refresh token. */
export interface Person {
  readonly email: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}

/** Trust in another issuer. */
export interface PoolProvider {
  /** `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/Q`. */
  readonly audience: string;
  readonly issuer: string;
  /** What the identity token must be made for. Default `https:` and `audience`. */
  readonly allowedAudience?: string;
  /** The issuer's public key. */
  readonly key: JWK;
  /** The attribute condition: subjects that are let in. Default: all. */
  readonly subjects?: readonly string[];
  readonly disabled?: boolean;
}

/** An access token that the double issued. */
export interface AccessTokenRecord {
  /** An email, or `principal://…` for an identity of a pool. */
  readonly principal: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly by: "metadata" | "key" | "refresh-token" | "exchange" | "impersonation";
}

/** The identity services of Google Cloud. What it says of itself is for assertions. */
export interface GcpDouble {
  /** `http://127.0.0.1:PORT`: metadata server, token endpoint, STS and IAM Credentials API in one. */
  readonly url: string;
  /** What the option `endpoints` takes. */
  readonly endpoints: {
    readonly oauth2: string;
    readonly sts: string;
    readonly iamCredentials: string;
  };
  /** What a workload on the machine finds in its environment. */
  readonly env: { readonly GCE_METADATA_HOST: string };
  /** The JSON key file of an account; each has one key. */
  readonly keyFile: (email: string) => string;
  /** The JSON file that `gcloud auth application-default login` leaves for a person. */
  readonly userFile: (email: string) => string;
  /** What is known of an access token, while it lives. */
  readonly inspect: (token: string) => AccessTokenRecord | undefined;
  /** The claims of an identity token of ours. Rejects with a `jose` error when it is none, or over. */
  readonly verifyIdToken: (token: string) => Promise<Readonly<Record<string, unknown>>>;
  /** Every access token issued, in order. */
  readonly issued: readonly AccessTokenRecord[];
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** The account's key is deleted; tokens that it made go on working. */
  readonly deleteKey: (email: string) => void;
  /** The person's refresh token is revoked. */
  readonly revokeRefreshToken: (email: string) => void;
  /** A secret of Secret Manager by its name: `projects/acme/secrets/app`. */
  readonly secret: (name: string) => GcpSecret | undefined;
  /** Somebody else makes the secret, or changes it. */
  readonly setSecret: (name: string, change?: Partial<Omit<GcpSecret, "versions" | "etag">>) => void;
  /** Somebody else adds a version; its number. */
  readonly addVersion: (name: string, text: string) => number;
  /** Somebody else disables or destroys a version. */
  readonly closeVersion: (name: string, number: number, state: "DISABLED" | "DESTROYED") => void;
  /** From now on, `latest` and aliases lead to what was so many milliseconds ago. */
  readonly lagBy: (milliseconds: number) => void;
  /** Nobody has the right any more: `secretmanager.versions.add`. Or everybody again. */
  readonly setRight: (right: string, granted: boolean) => void;
  /** Nobody may act as the account any more. */
  readonly forbid: (account: string) => void;
  readonly close: () => Promise<void>;
}
