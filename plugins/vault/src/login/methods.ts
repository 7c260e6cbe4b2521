import type { Text } from "@rotate/plugin-kit";
import type { Auth, VaultContext } from "../options.ts";
import { readTokenFile } from "./files.ts";
import { readSecretId, type SecretId } from "./secret-id.ts";

/** Every method that trades a proof for a token. */
export type ProofAuth = Exclude<Auth, { readonly method: "token" } | { readonly method: "token-file" }>;

/** What a method shows the server. */
export interface Proof {
  /** Without `auth/`. */
  readonly path: string;
  readonly json: Readonly<Record<string, Text | undefined>>;
  readonly secretId?: SecretId;
  /** What to look at when it is refused. */
  readonly hint: string;
}

/** Where Kubernetes puts the token of a pod's service account. */
export const accountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** The proof of a method, with its secrets read anew. `kept` is the secret id of an earlier login whose wrapping token is spent. */
export async function proofOf(auth: ProofAuth, ctx: VaultContext, kept?: SecretId): Promise<Proof> {
  const path = `${auth.mount}/login`;
  switch (auth.method) {
    case "approle": {
      const secretId = kept ?? (await readSecretId(auth, ctx));
      const json = { role_id: auth.roleId, secret_id: secretId.value };
      return {
        path,
        json,
        secretId,
        hint: "roleId or secretId is wrong, or the secret id has expired or is used up: issue a new one",
      };
    }
    case "kubernetes": {
      const jwt = auth.jwt === undefined ? await readTokenFile(accountToken, noPod, ctx) : await ctx.resolve(auth.jwt);
      return {
        path,
        json: { role: auth.role, jwt },
        hint: "the role must bind this service account and namespace, and its audience",
      };
    }
    case "jwt":
      return {
        path,
        json: { role: auth.role, jwt: await ctx.resolve(auth.jwt) },
        hint: "the role's bound audiences and claims must fit the JWT, and it must not have expired",
      };
    case "userpass":
      return {
        path: `${path}/${auth.username}`,
        json: { password: await ctx.resolve(auth.password) },
        hint: "check username and password",
      };
    case "cert":
      return {
        path,
        json: { name: auth.role },
        hint: "the role must trust the authority and the name of the certificate in `tls`",
      };
    case "aws": {
      const { signedIdentity } = await import("./aws-identity.ts");
      return {
        path,
        json: await signedIdentity(auth, ctx),
        hint: "the role must bind this AWS identity; check the keys, serverId and this machine's clock",
      };
    }
  }
}

const noPod = "this runs outside a pod, or its service account token is not mounted: give `jwt`";
