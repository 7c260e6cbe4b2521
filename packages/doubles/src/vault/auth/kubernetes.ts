import { textOf, type Call, type LoginResult } from "../call.ts";
import { permissionDenied, refuse } from "../envelope.ts";
import type { AuthMethod } from "../types.ts";

type KubernetesMethod = Extract<AuthMethod, { readonly type: "kubernetes" }>;

/** `auth/kubernetes/login`: an unknown role is 400, a token that the cluster does not vouch for or of another account is 403. */
export function createKubernetesLogin(method: KubernetesMethod) {
  return (call: Call): LoginResult => {
    const name = textOf(call, "role", "missing role");
    const jwt = textOf(call, "jwt", "missing jwt");
    const role = method.roles[name] ?? refuse(400, `invalid role name "${name}"`);
    const account = method.serviceAccounts[jwt] ?? refuse(403, permissionDenied);
    if (!role.names.includes(account.name)) return refuse(403, "service account name not authorized");
    if (!role.namespaces.includes(account.namespace)) return refuse(403, "namespace not authorized");
    const metadata = { role: name, service_account_name: account.name, service_account_namespace: account.namespace };
    return { displayName: `kubernetes-${account.namespace}-${account.name}`, settings: role, metadata };
  };
}
