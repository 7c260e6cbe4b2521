import { httpError, type ErrorDetails, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";

const text = { type: "string" } as const;
/** `Status` (apimachinery meta/v1). */
const statusBody = {
  type: "object",
  properties: {
    kind: { const: "Status" },
    message: text,
    reason: text,
    details: {
      type: "object",
      properties: {
        name: text,
        kind: text,
        causes: {
          type: "array",
          items: { type: "object", properties: { reason: text, message: text, field: text } },
        },
      },
    },
  },
  required: ["kind"],
} as const;

type Reading = Partial<ErrorDetails>;

const hints: Readonly<Record<number, Reading>> = {
  400: { hint: "the server does not take the request: is it older than Kubernetes 1.22?" },
  413: { hint: "the request is larger than the server takes: write less into one object" },
  415: { hint: "the server knows no server-side apply: it needs Kubernetes 1.22 or later" },
  422: { hint: "correct what the server names" },
  429: { hint: "the API server is overloaded, or a quota of API priority and fairness holds us back" },
  500: { hint: "the API server failed, perhaps in an admission webhook; its log says why" },
  503: { hint: "the API server is not ready" },
  504: { hint: "the API server did not finish in time; whether it did anything is looked at" },
};

/** An answer that is no success, as a RotateError. A message stands for what the server said, JSON or not. @param what what was tried */
export function refusal(
  what: string,
  answer: HttpAnswer,
  { who, ...details }: Reading & { readonly who?: string } = {},
): RotateError {
  const said = saidBy(answer);
  const byStatus = reading(answer, said, who ?? "the login");
  return httpError(said === "" ? `cannot ${what}` : `cannot ${what}: ${said}`, answer, { ...byStatus, ...details });
}

function reading(answer: HttpAnswer, said: string, who: string): Reading {
  if (answer.status === 401) {
    return { hint: `${who} is not known to the cluster, or its token is over: renew it` };
  }
  if (answer.status === 403) return { hint: deniedHint(said) };
  if (answer.status === 404) return { hint: missingHint(answer) };
  if (answer.status === 409) return { retryable: true, hint: "somebody else changed it meanwhile" };
  return hints[answer.status] ?? { hint: "check `server` in the kubeconfig: is this a Kubernetes API server?" };
}

/** From the words of apiserver endpoints/handlers/responsewriters: which rule is missing. */
function deniedHint(said: string): string {
  const found = /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/.exec(said);
  if (found === null) return "RBAC or an admission policy refuses it";
  const [, verb, resource, group, namespace] = found;
  const where = namespace === undefined ? "" : ` in the namespace ${namespace}`;
  return `grant it by RBAC: verb ${verb} on ${resource}${group === "" ? "" : ` of ${group}`}${where}`;
}

function missingHint(answer: HttpAnswer): string {
  const missing = answer.tryJson(statusBody)?.details;
  if (missing?.kind === "namespaces") return `create the namespace ${missing.name}, or correct \`namespace\``;
  return missing?.name === undefined
    ? "check `server` in the kubeconfig: is this a Kubernetes API server?"
    : "check name and namespace";
}

/** What the server said, in one line; overload answers with plain text. */
function saidBy(answer: HttpAnswer): string {
  const status = answer.tryJson(statusBody);
  const html = /html/i.test(answer.headers.get("content-type") ?? "");
  const said = status?.message ?? (html ? "a web page answered" : answer.text());
  return said.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 400);
}

/** Is it the server's own word that the object of that name is not there? */
export function saysMissing(answer: HttpAnswer, name: string): boolean {
  return answer.status === 404 && answer.tryJson(statusBody)?.details?.name === name;
}

/** Another manager that owns a field we want to write. */
export interface OwnershipConflict {
  readonly manager: string;
  /** `.data.password`. */
  readonly field: string;
}

/** Whose fields an apply would have taken (apimachinery managedfields/internal/conflict.go); empty when the 409 is about something else. */
export function ownershipConflicts(answer: HttpAnswer): readonly OwnershipConflict[] {
  const causes = answer.status === 409 ? (answer.tryJson(statusBody)?.details?.causes ?? []) : [];
  return causes
    .filter(({ reason }) => reason === "FieldManagerConflict")
    .map(({ message = "", field = "" }) => ({ manager: /"([^"]*)"/.exec(message)?.[1] ?? message, field }));
}
