import { Refusal } from "./status.ts";
import type { KubernetesRule, KubernetesUser } from "./types.ts";

/** One thing that somebody wants to do. */
export interface Attempt {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, `serviceaccounts/token`. */
  readonly resource: string;
  readonly namespace: string;
  /** Empty where the request names none. */
  readonly name: string;
}

function fits(list: readonly string[], value: string): boolean {
  return list.includes("*") || list.includes(value);
}

function allows(rule: KubernetesRule, { verb, group, resource, namespace, name }: Attempt): boolean {
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return (
    fits(rule.verbs, verb) &&
    fits(rule.resources, qualified) &&
    (rule.namespaces === undefined || rule.namespaces.includes(namespace)) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(name))
  );
}

/** RBAC: one rule that allows it is enough. */
export function mayDo({ rules }: KubernetesUser, attempt: Attempt): boolean {
  return rules.some((rule) => allows(rule, attempt));
}

/** Refuses with the text of apiserver endpoints/handlers/responsewriters (ForbiddenStatusError). */
export function authorize(user: KubernetesUser, attempt: Attempt): void {
  if (mayDo(user, attempt)) return;
  const { verb, group, resource, namespace, name } = attempt;
  const base = resource.split("/")[0] ?? "";
  const what = `${base}${group === "" ? "" : `.${group}`}${name === "" ? "" : ` "${name}"`}`;
  const where = namespace === "" ? " at the cluster scope" : ` in the namespace "${namespace}"`;
  const message = `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}"${where}`;
  const details = { ...(name !== "" && { name }), ...(group !== "" && { group }), kind: base };
  throw new Refusal(403, "Forbidden", { message, details });
}
