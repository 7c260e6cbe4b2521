import { startHttpDouble, type DoubleAnswer, type DoubleRequest } from "../http-double.ts";
import { createAccount } from "./account.ts";
import { createRegistry } from "./ecr.ts";
import { createDatabase } from "./rds.ts";
import { AwsRefusal, refuse } from "./refusal.ts";
import { serveSts } from "./sts.ts";
import type { AwsDouble, AwsDoubleOptions } from "./types.ts";
import { failure } from "./xml.ts";

/**
 * An AWS account on loopback: STS (Query protocol, every signature computed anew), ECR's authorization token and a database's check of an IAM password.
 * It refuses what AWS refuses, in AWS's words; what it issues works until it expires by the double's clock.
 * https://docs.aws.amazon.com/STS/latest/APIReference/
 */
export async function createAwsDouble(options: AwsDoubleOptions = {}): Promise<AwsDouble> {
  const account = createAccount(options);
  const registry = createRegistry(account);
  const actions: string[] = [];

  async function handle(request: DoubleRequest): Promise<DoubleAnswer> {
    if (request.headers["x-amz-target"] !== undefined) return registry.serve(request);
    try {
      if (request.method !== "POST" || request.path !== "/") refuse(404, "InvalidAction", "no such resource");
      return await serveSts(request, account, (action) => void actions.push(action));
    } catch (error) {
      if (error instanceof AwsRefusal) return failure(error);
      throw error;
    }
  }

  const listener = await startHttpDouble({ now: account.now, tls: options.tls, handle });
  return {
    url: listener.url,
    accountId: account.id,
    mints: account.mints,
    requests: listener.requests,
    actions,
    faults: listener.faults,
    mfaCode: account.mfaCode,
    deleteKey: account.remove,
    whoIs({ accessKeyId, secretAccessKey, sessionToken }) {
      const key = account.find(accessKeyId);
      if (key?.secretAccessKey !== secretAccessKey || key.sessionToken !== sessionToken) return undefined;
      return (key.expiresAt ?? Infinity) > account.now() ? key.principal.arn : undefined;
    },
    judgeRdsToken: createDatabase(account),
    isRegistryPassword: registry.accepts,
    close: listener.close,
  };
}

/** Error answers of STS that a test wants once: `double.faults.next("POST /", awsFaults.throttling)`. */
export const awsFaults = {
  throttling: failure(new AwsRefusal(400, "Throttling", "Rate exceeded")),
  idpCommunicationError: failure(
    new AwsRefusal(400, "IDPCommunicationError", "Couldn't reach the identity provider: timed out"),
  ),
  idpRejectedClaim: failure(new AwsRefusal(403, "IDPRejectedClaim", "The identity provider rejected the claim")),
  regionDisabled: failure(
    new AwsRefusal(403, "RegionDisabledException", "STS is not activated in this region for account:123456789012."),
  ),
  internal: failure(new AwsRefusal(500, "InternalFailure", "An internal error occurred")),
  unavailable: failure(new AwsRefusal(503, "ServiceUnavailable", "Service is unavailable. Please try again shortly.")),
  requestExpired: failure(new AwsRefusal(400, "RequestExpired", "Request has expired.")),
} as const;
