import { RotateError, type ClusterRight } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import type { Api } from "./api.ts";

const answerSchema = {
  type: "object",
  properties: {
    status: { type: "object", properties: { allowed: { type: "boolean" } }, required: ["allowed"] },
  },
  required: ["status"],
} as const;

const what = "ask what we may do";

/** Asks the cluster (SelfSubjectAccessReview, authorization.k8s.io/v1). Undefined where we may not even ask. */
export async function isAllowed(api: Api, right: ClusterRight, { log }: ClusterContext): Promise<boolean | undefined> {
  const answer = await api.send({
    method: "POST",
    path: ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"],
    json: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: right },
    },
    what,
  });
  if (answer.ok) return answer.json(answerSchema).status.allowed;
  if (answer.status === 403 || answer.status === 404) {
    log.debug("what we may do cannot be asked", { status: answer.status });
    return undefined;
  }
  throw api.refusal(answer, { what });
}

/** Those of the rights that the cluster says are missing. */
export async function missingRights(
  api: Api,
  rights: readonly ClusterRight[],
  ctx: ClusterContext,
): Promise<readonly ClusterRight[]> {
  const allowed = await Promise.all(rights.map((right) => isAllowed(api, right, ctx)));
  return rights.filter((_right, at) => allowed[at] === false);
}

/** Throws DENIED that names all rights that are missing, and the rules that grant them. */
export async function requireRights(api: Api, rights: readonly ClusterRight[], ctx: ClusterContext): Promise<void> {
  const missing = await missingRights(api, rights, ctx);
  if (missing.length > 0) throw deniedRights(missing);
}

/** DENIED for want of these rights, all of one namespace. */
export function deniedRights(missing: readonly ClusterRight[]): RotateError {
  const rules = [...Map.groupBy(missing, subjectOf)].map(([subject, rights]) => {
    const verbs = rights.map(({ verb }) => `"${verb}"`).join(", ");
    return `{ ${subject}, verbs: [${verbs}] }`;
  });
  const one = rules.length === 1 ? "this rule" : "these rules";
  return new RotateError(`not allowed to ${missing.map(wordsOf).join(", ")}`, {
    code: "DENIED",
    retryable: false,
    hint: `add ${one} to a Role in namespace ${missing[0]?.namespace}: ${rules.join(", ")}`,
  });
}

function resourceOf({ resource, subresource }: ClusterRight): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

/** What a rule is about: all of it but the verbs. */
function subjectOf(right: ClusterRight): string {
  const { group = "", name } = right;
  const one = name === undefined ? "" : `, resourceNames: ["${name}"]`;
  return `apiGroups: ["${group}"], resources: ["${resourceOf(right)}"]${one}`;
}

function wordsOf(right: ClusterRight): string {
  const { verb, namespace, name } = right;
  const where = name === undefined ? `in namespace ${namespace}` : `${namespace}/${name}`;
  return `${verb} ${resourceOf(right)} ${where}`;
}
