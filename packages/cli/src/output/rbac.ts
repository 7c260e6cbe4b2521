import type { ClusterRight } from "@rotate/plugin-kit";

/** A rule of a Role (rbac.authorization.k8s.io/v1 PolicyRule). */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Who a role is given to (rbac.authorization.k8s.io/v1 Subject). */
export type RbacSubject =
  | { readonly kind: "ServiceAccount"; readonly name: string; readonly namespace: string }
  | { readonly kind: "User"; readonly name: string; readonly apiGroup: typeof rbacGroup };

/** An object of the API, as it is applied. */
export interface RbacObject {
  readonly apiVersion: string;
  readonly kind: "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding";
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly PolicyRule[];
  readonly roleRef?: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly RbacSubject[];
}

/** The group of all of it. */
export const rbacGroup = "rbac.authorization.k8s.io";

/** A role for each namespace and its binding, as few rules as say the same. @param name of each of them */
export function rbacObjects(
  rights: readonly ClusterRight[],
  { name, subject }: { readonly name: string; readonly subject: RbacSubject },
): readonly RbacObject[] {
  const places = Map.groupBy(rights, ({ namespace }) => namespace);
  return [...places].flatMap(([namespace, granted]) => {
    const scope = namespace === undefined ? "Cluster" : "";
    const apiVersion = `${rbacGroup}/v1`;
    const labels = { "app.kubernetes.io/name": "rotate" };
    const metadata = { name, ...(namespace !== undefined && { namespace }), labels };
    const roleRef = { apiGroup: rbacGroup, kind: `${scope}Role` as const, name };
    return [
      { apiVersion, kind: roleRef.kind, metadata, rules: rulesOf(granted) },
      { apiVersion, kind: `${scope}RoleBinding` as const, metadata, roleRef, subjects: [subject] },
    ];
  });
}

/** Rights of one object share a rule, and objects with the same verbs share one. */
function rulesOf(rights: readonly ClusterRight[]): readonly PolicyRule[] {
  const objects = Map.groupBy(rights, ({ name, ...right }) => JSON.stringify([kindOf(right), name]));
  const verbs = [...objects.values()].map((same) => ({ ...same[0]!, verbs: same.map(({ verb }) => verb) }));
  const rules = Map.groupBy(verbs, (one) => JSON.stringify([kindOf(one), one.verbs, one.name === undefined]));
  return [...rules.values()].map((same) => {
    const names = same.flatMap(({ name }) => name ?? []);
    return {
      apiGroups: [same[0]!.group ?? ""],
      resources: [kindOf(same[0]!)[1]],
      ...(names.length > 0 && { resourceNames: names }),
      verbs: same[0]!.verbs,
    };
  });
}

function kindOf({ group = "", resource, subresource }: Omit<ClusterRight, "verb">): readonly [string, string] {
  return [group, subresource === undefined ? resource : `${resource}/${subresource}`];
}
