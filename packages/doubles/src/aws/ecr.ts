import { randomBytes } from "node:crypto";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { Account } from "./account.ts";
import { AwsRefusal, refuse } from "./refusal.ts";
import { verifyRequest } from "./sigv4.ts";

const target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
/** ms */
const life = 12 * 3_600_000;

/** What the JSON services call what STS calls otherwise. */
const codes: Readonly<Record<string, string>> = {
  InvalidClientTokenId: "UnrecognizedClientException",
  SignatureDoesNotMatch: "InvalidSignatureException",
  ExpiredToken: "ExpiredTokenException",
  AccessDenied: "AccessDeniedException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  IncompleteSignature: "IncompleteSignatureException",
};

/** ECR of one account: hands out passwords, and knows its own. */
export interface Registry {
  readonly serve: (request: DoubleRequest) => DoubleAnswer;
  readonly accepts: (password: string) => boolean;
}

/** ECR's GetAuthorizationToken: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html */
export function createRegistry(account: Account): Registry {
  const passwords = new Map<string, number>();

  function token(request: DoubleRequest): DoubleAnswer {
    if (request.headers["x-amz-target"] !== target) refuse(400, "UnknownOperationException", "unknown operation");
    if (request.headers["content-type"] !== "application/x-amz-json-1.1") refuse(400, "SerializationException", "");
    const { now, region, find } = account;
    const { principal } = verifyRequest(request, { now: now(), region, service: "ecr", find });
    if (principal.user?.denied?.includes("GetAuthorizationToken")) {
      const message = `User: ${principal.arn} is not authorized to perform: ecr:GetAuthorizationToken on resource: *`;
      refuse(403, "AccessDenied", message);
    }
    const password = randomBytes(900).toString("base64");
    const expiresAt = now() + life;
    passwords.set(password, expiresAt);
    const authorizationToken = Buffer.from(`AWS:${password}`).toString("base64");
    const proxyEndpoint = `https://${registryOf(request, account)}.dkr.ecr.${region}.amazonaws.com`;
    return ok({ authorizationData: [{ authorizationToken, expiresAt: expiresAt / 1000, proxyEndpoint }] });
  }

  return {
    serve(request) {
      try {
        return token(request);
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        return { ...ok({ __type: codes[error.code] ?? error.code, message: error.message }), status: statusOf(error) };
      }
    },
    accepts: (password) => (passwords.get(password) ?? 0) > account.now(),
  };
}

/** All that the caller did wrong is 400 here. */
function statusOf({ status }: AwsRefusal): number {
  return status >= 500 ? status : 400;
}

function registryOf({ body }: DoubleRequest, { id }: Account): string {
  const { registryIds = [id] } = JSON.parse(body) as { readonly registryIds?: readonly string[] };
  const [registry = id] = registryIds;
  if (!/^\d{12}$/.test(registry)) {
    refuse(400, "InvalidParameterException", "Invalid parameter at 'registryIds' failed to satisfy constraint");
  }
  return registry;
}

function ok(body: object): DoubleAnswer {
  return { status: 200, body: JSON.stringify(body), headers: { "content-type": "application/x-amz-json-1.1" } };
}
