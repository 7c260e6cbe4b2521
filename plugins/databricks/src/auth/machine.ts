import type { Secret } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";
import type { BearerLogin, Workspace } from "../login.ts";
import { checkClientSecret } from "../token-checks.ts";
import { accessToken } from "./access-token.ts";
import { discover } from "./discovery.ts";

/** A service principal with an OAuth secret of its own. */
export interface Machine {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope: string;
}

/** Client credentials in the Basic header, both halves form-encoded (RFC 6749 sections 2.3.1 and 4.4). */
export async function machineLogin(workspace: Workspace, machine: Machine, ctx: Ctx): Promise<BearerLogin> {
  const secret = checkClientSecret(machine.clientSecret);
  const endpoint = await discover(workspace, ctx);
  const request = {
    form: { grant_type: "client_credentials", scope: machine.scope },
    basic: { username: encodeURIComponent(machine.clientId), password: formEncoded(secret, ctx) },
    remedy: "check clientId, and that the service principal still has this OAuth secret",
  };
  return accessToken(endpoint, request, ctx);
}

function formEncoded(secret: Secret, ctx: Ctx): Secret {
  const encoded = encodeURIComponent(secret.reveal());
  return encoded === secret.reveal() ? secret : ctx.secret(encoded, "client secret");
}
