import type { JWK } from "jose";
import type { DoubleFaults, DoubleRequest, DoubleTls } from "../http-double.ts";

/** What an AWS account double is made of. Everything has a default; instants and lives are in milliseconds. */
export interface AwsDoubleOptions {
  /** Wall clock, milliseconds since 1970: signatures are dated, and sessions expire, by it. */
  readonly now?: () => number;
  /** The region that signatures must name. Default us-east-1. */
  readonly region?: string;
  /** Default 123456789012. */
  readonly accountId?: string;
  readonly users?: readonly AwsUser[];
  readonly roles?: readonly AwsRole[];
  /** OIDC providers that the account trusts. */
  readonly identityProviders?: readonly IdentityProvider[];
  /** Database users that have `rds_iam`. */
  readonly databaseUsers?: readonly string[];
  /** Bytes of a session token. Default about 400; give 4096 to try large ones. */
  readonly sessionTokenSize?: number;
  /** Instants with fractions of a second, as some peers send them. */
  readonly fractionalExpiration?: boolean;
  /** PEM texts. Given, the double speaks https. */
  readonly tls?: DoubleTls;
}

/** An IAM user with one long-term key. */
export interface AwsUser {
  readonly name: string;
  /** `AKIA…` */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The device whose codes `mfaCode` gives. */
  readonly mfaSerial?: string;
  /** May not call this service's actions. */
  readonly denied?: readonly string[];
}

/** A role with its trust policy, as far as it matters here. */
export interface AwsRole {
  readonly name: string;
  /** Longest session, 1 h to 12 h. Default 1 h. */
  readonly maxSessionDuration?: number;
  /** ARNs that may assume it; `*` ends a prefix. Default: every user and role of the account. */
  readonly principals?: readonly string[];
  readonly externalId?: string;
  /** Only with a second factor. */
  readonly mfa?: boolean;
  /** May sessions be tagged (sts:TagSession)? Default true. */
  readonly tagSession?: boolean;
  /** May a source identity be set (sts:SetSourceIdentity)? Default true. */
  readonly setSourceIdentity?: boolean;
  /** The identity tokens that may assume it. */
  readonly web?: { readonly issuer: string; readonly audience: string; readonly subject: string };
}

/** An issuer of identity tokens that the account knows. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Its public key. */
  readonly key: JWK;
}

/** Who a key belongs to. */
export interface Principal {
  readonly arn: string;
  readonly userId: string;
  readonly kind: "user" | "role" | "session" | "federated";
  readonly user?: AwsUser;
  /** The second factor was shown. */
  readonly mfa: boolean;
  readonly transitiveTags: Readonly<Record<string, string>>;
  readonly sourceIdentity?: string;
}

/** A key that signs. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since 1970; undefined: a long-term key. */
  readonly expiresAt?: number;
  readonly principal: Principal;
}

/** One credential that the double issued. */
export interface AwsMint {
  readonly action: string;
  readonly accessKeyId: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** What was sent, without secrets. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Three texts that make a working credential. */
export interface AwsCredentialTexts {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One AWS account with STS and ECR. What it says of itself is for assertions. */
export interface AwsDouble {
  /** `http://127.0.0.1:PORT`: the endpoint of STS and of ECR. */
  readonly url: string;
  readonly accountId: string;
  /** Every session issued, in order. */
  readonly mints: readonly AwsMint[];
  /** Every request seen, in order. */
  readonly requests: readonly DoubleRequest[];
  /** Actions answered with success, in order. */
  readonly actions: readonly string[];
  readonly faults: DoubleFaults;
  /** The code that a user's device shows now. */
  readonly mfaCode: (userName: string) => string;
  /** From now on the user's key is unknown. */
  readonly deleteKey: (accessKeyId: string) => void;
  /** Whom the credential belongs to now; undefined when it is wrong or over. */
  readonly whoIs: (credential: AwsCredentialTexts) => string | undefined;
  /** `accepted`, or why the database would not take this password now. */
  readonly judgeRdsToken: (login: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly token: string;
  }) => string;
  /** Is this an ECR password that lives? */
  readonly isRegistryPassword: (password: string) => boolean;
  readonly close: () => Promise<void>;
}
