import type { LocalPlace, PartScope } from "@rotate/plugin-kit";
import type { Options, VaultContext } from "../options.ts";
import { tokenPath } from "./by-token.ts";
import { accountToken } from "./methods.ts";

/** The files that a login reads by itself. */
export function loginPlaces({ auth }: Options, env: VaultContext["env"]): readonly LocalPlace[] {
  if (auth.method === "token-file") return [{ path: tokenPath(auth, env) }];
  return auth.method === "kubernetes" && auth.jwt === undefined ? [{ path: accountToken }] : [];
}

/** What stands in a file of this machine is this machine's alone. */
export function loginScope(options: Options): PartScope {
  return loginPlaces(options, {}).length > 0 ? "host" : "anywhere";
}
