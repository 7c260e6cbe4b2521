import { badAnswer, defineProvider } from "@rotate/plugin-kit";
import { isAllowed } from "./api/access.ts";
import { connect } from "./api/api.ts";
import { tokenRefusals } from "./api/refusal.ts";
import { clusterPlaces, followedPlaces } from "./auth/places.ts";
import { clusterScope, inCluster } from "./options.ts";
import { options, request, type Request } from "./token/options.ts";
import { loginsOf } from "./logins.ts";
import { checkMintable, tokenRights } from "./token/before.ts";

/** A token of a service account, for the cluster itself or for whoever trusts the cluster's issuer (TokenRequest, authentication.k8s.io/v1). */
export const kubernetesToken = defineProvider({
  type: "kubernetes-token",
  start: { title: "Kubernetes: the token of a service account", logins: loginsOf },
  options,
  request,
  fields: { token: { secret: true, description: "The signed JWT." } },

  scope: clusterScope,
  reads: clusterPlaces,
  follows: followedPlaces,
  clusterRights: (given, asked) => inCluster(tokenRights(asked), given),

  async check(ctx, asked) {
    const api = await connect(ctx);
    if (asked !== undefined) return checkMintable(api, asked, ctx);
    // Whatever the answer: it shows that the server is there and knows us.
    await isAllowed(api, { verb: "get", resource: "serviceaccounts", namespace: "default" }, ctx);
  },
  async mint(asked, ctx) {
    const api = await connect(ctx);
    const { namespace, serviceAccount } = asked;
    const answer = await api.call({
      method: "POST",
      path: ["api", "v1", "namespaces", namespace, "serviceaccounts", serviceAccount, "token"],
      json: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: specOf(asked) },
      refusals: tokenRefusals,
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
  throw badAnswer(
    "the server's expirationTimestamp is no instant",
    "check `server` in the kubeconfig: is this a Kubernetes API server?",
  );
}
