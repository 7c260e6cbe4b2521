import type { Context, LocalPlace, PartScope } from "@rotate/plugin-kit";
import { clientToken } from "./client.ts";
import type { Granted } from "./granted.ts";
import { managedToken } from "./managed-identity.ts";
import type { Auth, Ctx, Options } from "./options.ts";

/** A token for the service of a scope, `https://SERVICE/.default`, of whoever `auth` says. */
export function entraToken(scope: string, ctx: Ctx): Promise<Granted> {
  const { auth } = ctx.options;
  return auth.method === "managed-identity" ? managedToken(auth, scope, ctx) : clientToken(auth, scope, ctx);
}

type Who = Pick<Options, "auth">;

/** What the login stands on, on this machine. */
export function readsOf({ auth }: Who, env: Context["env"]): readonly LocalPlace[] {
  return readsFile(auth) ? [env["AZURE_FEDERATED_TOKEN_FILE"]].flatMap(placeOf) : [];
}

/** Where the login works. */
export function scopeOf({ auth }: Who): PartScope {
  return readsFile(auth) || ofMachine.includes(auth.method) ? "host" : "anywhere";
}

/** Identities that only this machine, or this job, has. */
const ofMachine: readonly Auth["method"][] = ["managed-identity", "github-oidc"];

function readsFile(auth: Auth): boolean {
  return auth.method === "federated" && auth.token === undefined;
}

function placeOf(path: string | undefined): readonly LocalPlace[] {
  return path ? [{ path }] : [];
}
