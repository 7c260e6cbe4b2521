import { RotateError } from "@rotate/plugin-kit";
import type { Workspace } from "./session.ts";

const hint = "write the workspace URL, such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com";

/**
 * Reads a workspace URL as Databricks' tools do: `https://` may be missing, a path is dropped, `?o=` or `?w=` names the workspace.
 * Throws INVALID when it is no URL, or is one that would carry a token in the clear.
 */
export function readWorkspace(host: string | undefined, workspaceId?: string): Workspace {
  if (host === undefined) throw invalid("no host is named");
  const text = /^https?:\/\//i.test(host.trim()) ? host.trim() : `https://${host.trim()}`;
  if (!URL.canParse(text)) throw invalid("host is no URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw invalid("host holds a user name or password");
  return {
    origin: secured(url).origin,
    id: workspaceId ?? url.searchParams.get("o") ?? url.searchParams.get("w") ?? undefined,
  };
}

/** The URL itself, if a secret may be sent there: https, or http on this machine. Throws INVALID otherwise. */
export function secured(url: URL): URL {
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && local)) return url;
  throw invalid(`${url.host} would get the token in the clear`);
}

function invalid(message: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}
