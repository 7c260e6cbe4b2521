import { randomUUID } from "node:crypto";
import { startHttpDouble, type DoubleAnswer, type DoubleFaults, type DoubleRequest } from "../http-double.ts";
import { same } from "./sigv4.ts";
import type { AwsCredentialTexts } from "./types.ts";

/** What a machine or a container of AWS finds out about itself. */
export interface AwsMetadataDouble {
  /** For AWS_EC2_METADATA_SERVICE_ENDPOINT. */
  readonly url: string;
  /** For AWS_CONTAINER_CREDENTIALS_FULL_URI. */
  readonly containerUrl: string;
  /** For AWS_CONTAINER_AUTHORIZATION_TOKEN. */
  readonly containerToken: string;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  readonly close: () => Promise<void>;
}

/** The machine whose metadata service it is. */
export interface AwsMetadataOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** The credentials of the machine's role, asked for anew at each request; undefined: it has no role. */
  readonly credentials: () => (AwsCredentialTexts & { readonly expiresAt: number }) | undefined;
  readonly region?: string;
}

/**
 * The instance metadata service, version 2 only, and a container's credential endpoint, on loopback.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export async function createAwsMetadataDouble({
  now = Date.now,
  credentials,
  region = "us-east-1",
}: AwsMetadataOptions): Promise<AwsMetadataDouble> {
  const containerToken = randomUUID();
  const tokens = new Map<string, number>();

  function newToken({ method, headers }: DoubleRequest): DoubleAnswer {
    const seconds = Number(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    if (method !== "PUT") return { status: 405 };
    if (!(seconds >= 1 && seconds <= 21_600) || headers["x-forwarded-for"] !== undefined) return { status: 400 };
    const token = randomUUID();
    tokens.set(token, now() + seconds * 1000);
    return { status: 200, body: token };
  }

  function instance({ path, headers }: DoubleRequest): DoubleAnswer {
    if ((tokens.get(headers["x-aws-ec2-metadata-token"] ?? "") ?? 0) <= now()) return { status: 401 };
    const base = "/latest/meta-data/iam/security-credentials/";
    if (path === "/latest/meta-data/placement/region") return { status: 200, body: region };
    const found = credentials();
    if (path === base) return found === undefined ? { status: 404 } : { status: 200, body: "app-role" };
    if (path !== `${base}app-role` || found === undefined) return { status: 404 };
    return { status: 200, body: { Code: "Success", Type: "AWS-HMAC", LastUpdated: iso(now()), ...texts(found) } };
  }

  function container({ headers }: DoubleRequest): DoubleAnswer {
    const found = credentials();
    if (!same(headers["authorization"] ?? "", containerToken)) {
      return { status: 403, body: { Code: "AccessDenied", Message: "the authorization token is wrong" } };
    }
    return found === undefined ? { status: 404 } : { status: 200, body: texts(found) };
  }

  const listener = await startHttpDouble({
    now,
    handle(request) {
      if (request.path === "/latest/api/token") return newToken(request);
      return request.path === "/v1/credentials" ? container(request) : instance(request);
    },
  });
  return {
    url: listener.url,
    containerUrl: `${listener.url}/v1/credentials`,
    containerToken,
    requests: listener.requests,
    faults: listener.faults,
    close: listener.close,
  };
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

function texts({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiresAt,
}: AwsCredentialTexts & { readonly expiresAt: number }) {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: iso(expiresAt),
  };
}
