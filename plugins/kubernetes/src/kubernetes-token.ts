import { defineProvider, type Infer, type ObjectSchema, RotateError } from "@rotate/plugin-kit";
import { isAllowed } from "./api/access.ts";
import { connect } from "./api/api.ts";
import { clusterPlaces } from "./auth/index.ts";
import { clusterOptions, nameSchema, namespaceSchema } from "./options.ts";

const options = { type: "object", properties: clusterOptions } as const satisfies ObjectSchema;

const request = {
  type: "object",
  properties: {
    namespace: namespaceSchema,
    serviceAccount: { ...nameSchema, description: "Whose token it is." },
    audiences: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description: "Who is to accept the token. Default: the API server itself.",
      examples: [["vault"], ["sts.amazonaws.com"]],
    },
    ttl: {
      type: "string",
      format: "duration",
      min: "10m",
      description: "Life to ask for, 10 minutes or more. Default: the server's, one hour.",
    },
    boundObject: {
      type: "object",
      description: "An object that the token dies with.",
      properties: {
        kind: { enum: ["Pod", "Secret", "Node"], default: "Secret" },
        name: nameSchema,
        uid: { type: "string", minLength: 1, description: "Refused when the object is another one of that name." },
      },
      required: ["name"],
    },
  },
  required: ["namespace", "serviceAccount"],
} as const satisfies ObjectSchema;
type Request = Infer<typeof request>;

/** A token of a service account, for the cluster itself or for whoever trusts the cluster's issuer (TokenRequest, authentication.k8s.io/v1). */
export const kubernetesToken = defineProvider({
  type: "kubernetes-token",
  options,
  request,
  reads: clusterPlaces,
  fields: { token: { secret: true, description: "The signed JWT." } },

  async check(ctx) {
    // Whatever the answer: it shows that the server is there and knows us.
    await isAllowed(await connect(ctx), { verb: "get", resource: "serviceaccounts", namespace: "default" }, ctx);
  },
  async mint(asked, ctx) {
    const api = await connect(ctx);
    const { namespace, serviceAccount } = asked;
    const answer = await api.call({
      method: "POST",
      path: ["api", "v1", "namespaces", namespace, "serviceaccounts", serviceAccount, "token"],
      json: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: specOf(asked) },
      what: `mint a token of service account ${namespace}/${serviceAccount}`,
    });
    const { token, expirationTimestamp } = answer.json(answerSchema).status;
    const secret = ctx.secret(token, "token");
    const warning = answer.headers.get("warning");
    if (warning !== null) ctx.log.warn("the server warns", { warning });
    return { expires: instantOf(expirationTimestamp), fields: { token: secret } };
  },
});

const answerSchema = {
  type: "object",
  properties: {
    status: {
      type: "object",
      properties: { token: { type: "string", minLength: 1 }, expirationTimestamp: { type: "string" } },
      required: ["token", "expirationTimestamp"],
    },
  },
  required: ["status"],
} as const;

function specOf({ audiences, ttl, boundObject }: Request): object {
  return {
    ...(audiences !== undefined && { audiences }),
    ...(ttl !== undefined && { expirationSeconds: Math.ceil(ttl / 1000) }),
    ...(boundObject !== undefined && { boundObjectRef: { apiVersion: "v1", ...boundObject } }),
  };
}

/** The server may have shortened the life that was asked for: only its own word counts. */
function instantOf(text: string): Date {
  const instant = new Date(text);
  if (!Number.isNaN(instant.getTime())) return instant;
  throw new RotateError("the server's expirationTimestamp is no instant", {
    code: "BAD_ANSWER",
    retryable: false,
    hint: "check `server` in the kubeconfig: is this a Kubernetes API server?",
  });
}
