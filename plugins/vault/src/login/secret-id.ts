import { isRotateError, meanings, RotateError, withDetails, type Secret } from "@rotate/plugin-kit";
import { readAs } from "../envelope.ts";
import type { Auth, VaultContext } from "../options.ts";
import { call } from "../wire.ts";

type AppRoleAuth = Extract<Auth, { readonly method: "approle" }>;

/** A secret id, and what the server said about its end. */
export interface SecretId {
  readonly value: Secret;
  readonly expires?: Date | undefined;
  /** It came out of a wrapping token, which is spent: keep it as long as the login is kept. */
  readonly unwrapped: boolean;
}

const unwrapped = {
  type: "object",
  properties: {
    data: {
      type: "object",
      properties: { secret_id: { type: "string", minLength: 1 }, secret_id_ttl: { type: "integer" } },
      required: ["secret_id"],
    },
  },
  required: ["data"],
} as const;

/** The secret id of the spec, or of the wrapping token in it. Throws INVALID when there is not exactly one. */
export async function readSecretId(
  { secretId, secretIdWrapped, namespace }: AppRoleAuth,
  ctx: VaultContext,
): Promise<SecretId> {
  if (secretId !== undefined && secretIdWrapped === undefined) {
    return { value: await ctx.resolve(secretId), unwrapped: false };
  }
  if (secretIdWrapped !== undefined && secretId === undefined) {
    return unwrap(await ctx.resolve(secretIdWrapped), namespace, ctx);
  }
  throw new RotateError("approle needs one of secretId and secretIdWrapped", {
    code: "INVALID",
    retryable: false,
    hint: "keep the one that is meant",
  });
}

/** A wrapping token can be opened once; that it was opened before us may mean a thief. */
async function unwrap(token: Secret, namespace: string | undefined, ctx: VaultContext): Promise<SecretId> {
  const startedAt = ctx.now();
  const answer = await call(ctx, { verb: "POST", path: "sys/wrapping/unwrap", token, namespace, json: {} }).catch(
    refuseUnwrap,
  );
  const { secret_id: text, secret_id_ttl: seconds = 0 } = readAs(answer, unwrapped).data;
  const expires = seconds > 0 ? new Date(startedAt + seconds * 1000) : undefined;
  return { value: ctx.secret(text, "secret id"), expires, unwrapped: true };
}

function refuseUnwrap(error: unknown): never {
  if (!isRotateError(error) || error.code !== "INVALID") throw error;
  throw withDetails(error, {
    ...meanings.person,
    message: "the wrapping token of the secret id is spent or has expired",
    hint: "issue a new one (vault write -wrap-ttl=5m -f auth/approle/role/ROLE/secret-id); if no earlier start of this process opened it, somebody else did: revoke that secret id",
  });
}
