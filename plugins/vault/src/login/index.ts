import { isRotateError } from "@rotate/plugin-kit";
import type { VaultContext } from "../options.ts";
import { logInByProof, renewSelf } from "./by-proof.ts";
import { logInByToken } from "./by-token.ts";
import type { LoggedInContext, VaultLogin } from "./types.ts";

export { loginPlaces, loginScope } from "./facts.ts";
export type { LoggedInContext, VaultLogin } from "./types.ts";

/** Logs in by the method of the spec. */
export function logIn(ctx: VaultContext): Promise<VaultLogin> {
  const { auth } = ctx.options;
  return auth.method === "token" || auth.method === "token-file" ? logInByToken(auth, ctx) : logInByProof(auth, ctx);
}

/**
 * Lengthens the token, so that the leases under it live on. Near the end of all its renewals a new login takes its place; the old token is never
 * revoked, because its leases would die with it.
 */
export async function keepAlive(ctx: LoggedInContext): Promise<VaultLogin> {
  const { login, options } = ctx;
  const { auth } = options;
  if (auth.method === "token" || auth.method === "token-file") return logInByToken(auth, ctx);
  const renewed = login.renewable ? await renewSelf(ctx).catch((error: unknown) => giveUp(error, ctx)) : undefined;
  if (renewed !== undefined && renewed.left >= login.life / 2) return renewed.login;
  return logInByProof(auth, ctx, login.secretId);
}

/** A token that is refused is replaced; a server that is down is not asked for another one. */
function giveUp(error: unknown, { log }: VaultContext): undefined {
  if (!isRotateError(error) || !["DENIED", "INVALID"].includes(error.code)) throw error;
  log.info("the token cannot be renewed any more: logging in anew", { reason: error.message });
}
