import { RotateError } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import type { Api } from "./api.ts";

/** Something that must be allowed, in the words of an RBAC rule. */
export interface Right {
  readonly verb: "get" | "patch" | "create" | "delete";
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  /** Absent: a create by POST, which RBAC cannot limit to a name. */
  readonly name?: string;
}

const answerSchema = {
  type: "object",
  properties: {
    status: { type: "object", properties: { allowed: { type: "boolean" } }, required: ["allowed"] },
  },
  required: ["status"],
} as const;

/** Asks the cluster (SelfSubjectAccessReview, authorization.k8s.io/v1). Undefined where we may not even ask. */
export async function isAllowed(api: Api, right: Right, { log }: ClusterContext): Promise<boolean | undefined> {
  const answer = await api.send({
    method: "POST",
    path: ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"],
    json: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: right },
    },
    what: "ask what we may do",
  });
  if (answer.ok) return answer.json(answerSchema).status.allowed;
  if (answer.status === 403 || answer.status === 404) {
    log.debug("what we may do cannot be asked", { status: answer.status });
    return undefined;
  }
  throw api.refusal("ask what we may do", answer);
}

/** Throws DENIED that names the first right that is missing, and the rule that grants it. */
export async function requireRights(api: Api, rights: readonly Right[], ctx: ClusterContext): Promise<void> {
  for (const right of rights) {
    if ((await isAllowed(api, right, ctx)) === false) throw missing(right);
  }
}

function missing({ verb, group = "", resource, subresource, namespace, name }: Right): RotateError {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const one = name === undefined ? "" : `, resourceNames: ["${name}"]`;
  const rule = `{ apiGroups: ["${group}"], resources: ["${what}"]${one}, verbs: ["${verb}"] }`;
  const where = name === undefined ? `in namespace ${namespace}` : `${namespace}/${name}`;
  return new RotateError(`not allowed to ${verb} ${what} ${where}`, {
    code: "DENIED",
    retryable: false,
    hint: `add this rule to a Role in namespace ${namespace}: ${rule}`,
  });
}
