import { RotateError } from "@rotate/plugin-kit";
import type { AwsContext } from "../options.ts";
import { keyFrom } from "./document.ts";
import { readTokenFile } from "./files.ts";
import type { IdentitySource, KeySource } from "./types.ts";

const from = "the environment";

/** The key of AWS_ACCESS_KEY_ID and its like; undefined when there is none. Throws INVALID for half of one. */
export function environmentKey(ctx: AwsContext): KeySource | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = ctx.env;
  if (!id && !secret) return undefined;
  if (!id || !secret) {
    const missing = id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
    throw new RotateError(`${missing} is not set, and the other half of the key is`, {
      code: "INVALID",
      retryable: false,
      hint: "set both, or none of the two",
    });
  }
  const { AWS_CREDENTIAL_EXPIRATION: end = null } = ctx.env;
  const document = { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token ?? null, Expiration: end };
  const key = keyFrom(document, from, ctx);
  return key.endsAt === undefined ? key : { ...key, bootstrapExpires: key.endsAt };
}

/** The identity of AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN; undefined when there is none. */
export async function environmentIdentity(ctx: AwsContext): Promise<IdentitySource | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: path, AWS_ROLE_ARN: roleArn, AWS_ROLE_SESSION_NAME: sessionName } = ctx.env;
  if (!path) return undefined;
  const token = ctx.secret(await readTokenFile(path, "AWS_WEB_IDENTITY_TOKEN_FILE", ctx), "identity token");
  return { kind: "identity", token, roleArn, sessionName, region: undefined, from: "AWS_WEB_IDENTITY_TOKEN_FILE" };
}
