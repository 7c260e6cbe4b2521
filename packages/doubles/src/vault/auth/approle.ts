import { textOf, type Call, type LoginResult, type Services } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { AppRole, AuthMethod } from "../types.ts";

type AppRoleMethod = Extract<AuthMethod, { readonly type: "approle" }>;

/** `auth/approle/login`: a secret id ends by its uses and its ttl; nothing tells which of the two ids was wrong. */
export function createAppRoleLogin(method: AppRoleMethod, { now, startedAt }: Services) {
  const used = new Map<string, number>();

  function isGood(role: AppRole, secretId: string): boolean {
    const { numUses = 0, ttl } = role.secretIds[secretId] ?? { ttl: 0 };
    if (ttl !== undefined && startedAt + ttl <= now()) return false;
    return numUses === 0 || (used.get(secretId) ?? 0) < numUses;
  }
  return (call: Call): LoginResult => {
    const roleId = textOf(call, "role_id", { status: 500, text: "missing role_id" });
    const secretId = textOf(call, "secret_id", "missing secret_id");
    const [name = "", role] = Object.entries(method.roles).find(([, one]) => one.roleId === roleId) ?? [];
    if (role === undefined || !isGood(role, secretId)) return refuse(400, "invalid role or secret ID");
    used.set(secretId, (used.get(secretId) ?? 0) + 1);
    return { displayName: "approle", settings: role, metadata: { role_name: name } };
  };
}
