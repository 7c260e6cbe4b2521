import {
  byOutage,
  bySilence,
  httpRefusal,
  meanings,
  type HttpAnswer,
  type Refusals,
  type RotateError,
} from "@rotate/plugin-kit";
import { refusedAs, saidBy } from "./status.ts";

const { denied, invalid, missing, raced, wait } = meanings;

/** What an API server refuses (apimachinery api/errors, apiserver admission). Without a hint of its own a row is explained by who calls: see `adviceFor`. */
export const refusals: Refusals = [
  { ...missing, said: /^NotFound\/namespaces\//, hint: "create the namespace, or correct `namespace`" },
  { ...missing, said: /^NotFound\/[^/:]+\/[^:]/, hint: "check name and namespace" },
  { ...denied, said: /because it is being terminated/, hint: "the namespace is being deleted: choose another one" },
  { ...denied, said: /exceeded quota/, hint: "raise the quota of the namespace, or delete what is not needed there" },
  {
    ...denied,
    said: /admission webhook "[^"]*" denied|ValidatingAdmissionPolicy .* denied/,
    hint: "a policy of the cluster forbids it: its words say why",
  },
  {
    ...wait,
    status: 500,
    said: /failed calling webhook/,
    hint: "an admission webhook of the cluster does not answer: whoever runs it can mend it",
  },
  ...byOutage({
    down: "the API server failed or is not ready, if it lasts its log says why",
    limited: "the API server is overloaded, or a quota of API priority and fairness holds us back",
  }),
  { ...invalid, status: 400, hint: "the server does not take the request: is it older than Kubernetes 1.22?" },
  { ...invalid, status: 413, hint: "the request is larger than the server takes: write less into one object" },
  { ...invalid, status: 415, hint: "the server knows no server-side apply: it needs Kubernetes 1.22 or later" },
  { ...invalid, status: 422, hint: "correct what the server names" },
  ...bySilence(),
];

/** Of writes: somebody else may have been faster. Another object of the name is 409 by its version, else 422 by its uid (apiserver registry/rest/update.go). */
export const writeRefusals: Refusals = [
  {
    ...raced,
    status: 422,
    said: /^Invalid\b.*\bmetadata\.uid: Invalid value: .*: field is immutable/,
    hint: "it was deleted and made anew since we looked; it is looked at again",
  },
  {
    ...raced,
    status: 409,
    said: /^(Conflict|AlreadyExists)\b/,
    hint: "it changed since we looked; it is looked at again",
  },
  ...refusals,
];

/** Of a TokenRequest: it changes nothing, so nobody can be faster (kubernetes registry/core/serviceaccount/storage/token.go). */
export const tokenRefusals: Refusals = [
  {
    ...meanings.conflict,
    status: 409,
    said: /does not match the UID in record/,
    hint: "the bound object was deleted and made anew: correct boundObject.uid, or leave it out",
  },
  ...refusals,
];

/** What was tried, and by whom. */
export interface Tried {
  /** `read secret app/db`. */
  readonly what: string;
  readonly who: string;
  /** Default `refusals`. */
  readonly refusals?: Refusals | undefined;
}

/** An answer that is no success, as a RotateError. A message stands for what the server said, JSON or not. */
export function refusal(answer: HttpAnswer, { what, who, refusals: table = refusals }: Tried): RotateError {
  const said = saidBy(answer);
  const message = said === "" ? `cannot ${what}` : `cannot ${what}: ${said}`;
  return httpRefusal(table, answer, { message, said: refusedAs(answer), advice: adviceFor(answer, said, who) });
}

function adviceFor({ status }: HttpAnswer, said: string, who: string): string {
  if (status === 401) return `${who} is not known to the cluster, or its token is over: renew it`;
  if (status === 403) return deniedHint(said);
  return "check `server` in the kubeconfig: is this a Kubernetes API server?";
}

/** From the words of apiserver endpoints/handlers/responsewriters: which rule is missing. */
function deniedHint(said: string): string {
  const found = /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/.exec(said);
  if (found === null) return "RBAC or an admission policy refuses it";
  const [, verb, resource, group, namespace] = found;
  const where = namespace === undefined ? "" : ` in the namespace ${namespace}`;
  return `grant it by RBAC: verb ${verb} on ${resource}${group === "" ? "" : ` of ${group}`}${where}`;
}
