import type { LocalPlace, PartScope } from "@rotate/plugin-kit";
import type { Ctx, Options } from "../options.ts";
import { configPath } from "./profile.ts";

/** The profile that is read, and where the CLI keeps its logins. */
export function loginPlaces({ auth }: Options, env: Ctx["env"]): readonly LocalPlace[] {
  if (auth.method !== "profile" && auth.method !== "databricks-cli") return [];
  const file = configPath(auth.method === "profile" ? auth.configFile : undefined, env);
  const section = auth.profile === undefined ? {} : { section: auth.profile };
  return [{ path: file, ...section }, { path: `${env["HOME"] ?? ""}/.databricks` }];
}

/** A secret or token by reference can be read wherever the reference can; all else is of this machine. */
export function loginScope({ auth, method }: Options): PartScope {
  const anywhere = ["pat", "oauth-m2m", "env-oidc", "file-oidc"];
  return method === "http" && anywhere.includes(auth.method) ? "anywhere" : "host";
}
