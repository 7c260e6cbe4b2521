/** What a policy may grant on a path (`deny` wins). */
export type Capability = "create" | "read" | "update" | "delete" | "list" | "sudo" | "deny";

/** Capabilities by path. */
export type Policy = Readonly<Record<string, readonly Capability[]>>;

/** What every token may do unless it was made without it (vault/policy/policy_store.go). */
export const defaultPolicy: Policy = {
  "auth/token/lookup-self": ["read"],
  "auth/token/renew-self": ["update"],
  "auth/token/revoke-self": ["update"],
  "sys/capabilities-self": ["update"],
  "sys/leases/renew": ["update"],
  "sys/leases/lookup": ["update"],
  "cubbyhole/*": ["create", "read", "update", "delete", "list"],
  "sys/wrapping/wrap": ["update"],
  "sys/wrapping/lookup": ["update"],
  "sys/wrapping/unwrap": ["update"],
};

function matches(pattern: string, path: string): boolean {
  const open = pattern.endsWith("*");
  const wanted = (open ? pattern.slice(0, -1) : pattern).split("/");
  const given = path.split("/");
  if (!open && wanted.length !== given.length) return false;
  return wanted.every((segment, at) => {
    const last = at === wanted.length - 1;
    if (segment === "+") return given[at] !== undefined;
    return open && last
      ? (given[at] ?? (segment === "" ? "" : undefined))?.startsWith(segment) === true
      : segment === given[at];
  });
}

/** What policies grant on a path: of those that match, the longest pattern of each policy counts, and `deny` wins. */
export function capabilitiesOn(path: string, policies: readonly Policy[]): readonly Capability[] {
  const granted = policies.flatMap((policy) => {
    const [best] = Object.keys(policy)
      .filter((pattern) => matches(pattern, path))
      .toSorted((a, b) => b.length - a.length);
    return best === undefined ? [] : (policy[best] ?? []);
  });
  return granted.length === 0 || granted.includes("deny") ? ["deny"] : [...new Set(granted)];
}
