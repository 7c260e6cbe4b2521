import type { Login, Secret } from "@rotate/plugin-kit";

/** A key that signs, as it came from its source. */
export interface KeySource extends Login {
  readonly kind: "key";
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
  /** When a temporary key ends, where its source says so. */
  readonly endsAt: Date | undefined;
  /** The region that goes with it, where its source says so. */
  readonly region: string | undefined;
  /** For people: `profile app`, `the environment`. */
  readonly from: string;
}

/** An identity token. With a role it can be traded for a key. */
export interface IdentitySource extends Login {
  readonly kind: "identity";
  readonly token: Secret;
  readonly roleArn: string | undefined;
  readonly sessionName: string | undefined;
  readonly region: string | undefined;
  readonly from: string;
}

/** Who we are: read anew at each attempt. */
export type Source = KeySource | IdentitySource;

/** A temporary key: a session, whose sessions live an hour at most. */
export function isTemporary({ sessionToken, accessKeyId }: KeySource): boolean {
  return sessionToken !== undefined || accessKeyId.startsWith("ASIA");
}
