import { invalid } from "@rotate/plugin-kit";
import type { AwsContext } from "../options.ts";
import { regionOf } from "../region.ts";
import { callSts, readCredentials, type StsCall } from "../wire/sts.ts";
import type { IdentitySource, KeySource, Source } from "./types.ts";

const standardName = "rotate";

/** A key for signing: the source's own, or what its identity token is traded for. Throws INVALID for an identity that names no role. */
export async function keyOf(source: Source, ctx: AwsContext): Promise<KeySource> {
  return source.kind === "key" ? source : tradeIdentity(source, ctx);
}

async function tradeIdentity(identity: IdentitySource, ctx: AwsContext): Promise<KeySource> {
  const { roleArn, sessionName, token, from } = identity;
  if (roleArn === undefined) {
    throw invalid(
      "an identity token cannot sign this call",
      "name a role for it (`credentials.roleArn`, AWS_ROLE_ARN), or use `action: AssumeRoleWithWebIdentity`",
    );
  }
  const region = regionOf(ctx, identity.region);
  const parameters = { RoleArn: roleArn, RoleSessionName: sessionName ?? standardName, WebIdentityToken: token };
  return sessionKey({ action: "AssumeRoleWithWebIdentity", parameters, region }, from, ctx);
}

/** What a profile says of the role it takes. */
export interface RoleOfProfile {
  readonly roleArn: string;
  readonly sessionName: string | undefined;
  readonly externalId: string | undefined;
  readonly region: string | undefined;
  readonly from: string;
}

/** The key of a role that `by` may take. */
export function assumeFrom(by: KeySource, role: RoleOfProfile, ctx: AwsContext): Promise<KeySource> {
  const region = regionOf(ctx, role.region ?? by.region);
  const parameters = {
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName ?? standardName,
    ExternalId: role.externalId,
  };
  return sessionKey({ action: "AssumeRole", parameters, region, key: by }, role.from, ctx);
}

async function sessionKey(call: StsCall, from: string, ctx: AwsContext): Promise<KeySource> {
  const { accessKeyId, secretAccessKey, sessionToken, expires } = readCredentials(await callSts(call, ctx), ctx);
  return { kind: "key", accessKeyId, secretAccessKey, sessionToken, endsAt: expires, region: call.region, from };
}
