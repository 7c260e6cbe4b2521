import type { Secret } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";
import type { BearerLogin, Workspace } from "../login.ts";
import { checkIdentityToken } from "../token-checks.ts";
import { accessToken } from "./access-token.ts";
import { discover } from "./discovery.ts";

/** A login by a token of another issuer, which a federation policy of the account or of the service principal trusts. */
export interface Federated {
  /** The service principal; undefined: a policy of the whole account. */
  readonly clientId: string | undefined;
  /** Fetches the identity token for an audience. */
  readonly identity: (audience: string) => Promise<Secret>;
}

/** Token exchange (RFC 8693): another issuer's identity token for an access token, without any secret. */
export async function federatedLogin(workspace: Workspace, federated: Federated, ctx: Ctx): Promise<BearerLogin> {
  const endpoint = await discover(workspace, ctx);
  const subject = checkIdentityToken(await federated.identity(endpoint.audience), workspace.origin);
  const request = {
    form: {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: subject,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      scope: "all-apis",
      client_id: federated.clientId,
    },
    remedy:
      "a federation policy of the service principal must match the token's issuer, subject and audience, and the token be fresh",
  };
  return accessToken(endpoint, request, ctx);
}
