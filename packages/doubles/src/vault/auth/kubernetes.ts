import { decodeJwt } from "jose";
import { textOf, type Call, type LoginResult } from "../call.ts";
import { refusedToken, refuse } from "../envelope.ts";
import type { AuthMethod, VaultDoubleOptions } from "../types.ts";

type KubernetesMethod = Extract<AuthMethod, { readonly type: "kubernetes" }>;

interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** `auth/kubernetes/login`: an unknown role is 400. What the token says of itself is held to the role first, then the cluster is asked: each is 403. */
export function createKubernetesLogin(method: KubernetesMethod, vendor: VaultDoubleOptions["vendor"]) {
  return (call: Call): LoginResult => {
    const name = textOf(call, "role", "missing role");
    const jwt = textOf(call, "jwt", "missing jwt");
    const role = method.roles[name] ?? refuse(400, `invalid role name "${name}"`);
    const claimed = accountIn(jwt) ?? refuse(403, refusedToken(undefined, vendor));
    if (!role.names.includes(claimed.name)) return refuse(403, "service account name not authorized");
    if (!role.namespaces.includes(claimed.namespace)) return refuse(403, "namespace not authorized");
    if (method.serviceAccounts[jwt] === undefined) return refuse(403, refusedToken(undefined, vendor));
    const metadata = {
      role: name,
      service_account_name: claimed.name,
      service_account_namespace: claimed.namespace,
      service_account_secret_name: "",
      service_account_uid: `uid-of-${claimed.name}`,
    };
    return { displayName: `kubernetes-${claimed.namespace}-${claimed.name}`, settings: role, metadata };
  };
}

function accountIn(jwt: string): ServiceAccount | undefined {
  try {
    const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(decodeJwt(jwt).sub ?? "") ?? [];
    return namespace === undefined || name === undefined ? undefined : { namespace, name };
  } catch {
    return undefined;
  }
}
