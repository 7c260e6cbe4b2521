import { invalid } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import type { Workspace } from "./login.ts";

const hint = "write the workspace URL, such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com";

/**
 * Reads a workspace URL as Databricks' tools do: `https://` may be missing, a path is dropped, `?o=` or `?w=` names the workspace.
 * Throws INVALID when it is no URL, or is one that would carry a token in the clear.
 */
export function readWorkspace(host: string | undefined, workspaceId?: string): Workspace {
  if (host === undefined) throw invalid("no host is named", hint);
  const text = /^https?:\/\//i.test(host.trim()) ? host.trim() : `https://${host.trim()}`;
  if (!URL.canParse(text)) throw invalid("host is no URL", hint);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw invalid("host holds a user name or password", hint);
  return {
    origin: secured("host", url.href).origin,
    id: workspaceId ?? url.searchParams.get("o") ?? url.searchParams.get("w") ?? undefined,
  };
}
