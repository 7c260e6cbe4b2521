/** What has to hold before a plugin is imported. */
import { isBuiltin } from "node:module";

/** Node's permission model lets signals and debuggers through to other processes (22, 24, 26): hygiene, no wall. */
const ways = ["kill", "_kill", "_debugProcess", "_debugEnd"];

/** Throws when this process is not confined as it should be. */
export function guard(): void {
  for (const name of ways) Reflect.deleteProperty(process, name);
  if (ways.some((name) => name in process)) throw new Error("this process could send signals to others");
  // Its files are opened past the permissions.
  if (isBuiltin("node:sqlite") || process.getBuiltinModule("node:sqlite") !== undefined)
    throw new Error("this process has node:sqlite");
  if ((process as { readonly permission?: unknown }).permission === undefined)
    throw new Error("this process runs without --permission");
}
