import type { Secret } from "@rotate/plugin-kit";
import type { BearerLogin, Workspace } from "../login.ts";
import { checkPersonalAccessToken } from "../token-checks.ts";

/** A personal access token serves one attempt, so that a replaced one is picked up at the next. Throws INVALID for what cannot be one. */
export function patLogin(workspace: Workspace, token: Secret): BearerLogin {
  return {
    kind: "bearer",
    workspace,
    bearer: checkPersonalAccessToken(token),
    remedy:
      "the token is revoked, over or of another workspace: make a new personal access token and replace it where auth.token points",
    mayAskWho: true,
  };
}
