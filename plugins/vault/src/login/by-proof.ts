import { createHash } from "node:crypto";
import { isRotateError, RotateError, type HttpAnswer } from "@rotate/plugin-kit";
import { readAs } from "../envelope.ts";
import type { VaultContext } from "../options.ts";
import { call } from "../wire.ts";
import type { LoggedInContext, VaultLogin } from "./types.ts";
import { proofOf, type Proof, type ProofAuth } from "./methods.ts";
import type { SecretId } from "./secret-id.ts";

const answered = {
  type: "object",
  properties: {
    auth: {
      type: "object",
      properties: {
        client_token: { type: "string", minLength: 1 },
        accessor: { type: "string" },
        lease_duration: { type: "integer", minimum: 0 },
        renewable: { type: "boolean" },
        num_uses: { type: ["integer", "null"] },
        mfa_requirement: { type: ["string", "null"] },
      },
      required: ["client_token", "lease_duration", "renewable"],
    },
  },
  required: ["auth"],
} as const;

const stepUp = {
  type: "object",
  properties: {
    auth: { type: "object", properties: { mfa_requirement: { type: "object" } }, required: ["mfa_requirement"] },
  },
  required: ["auth"],
} as const;

/** Trades a proof for a token. `kept`: the secret id of an earlier login whose wrapping token is spent. */
export async function logInByProof(auth: ProofAuth, ctx: VaultContext, kept?: SecretId): Promise<VaultLogin> {
  const proof = await proofOf(auth, ctx, kept);
  const request = { verb: "POST", path: `auth/${proof.path}`, json: proof.json, namespace: auth.namespace } as const;
  const answer = await call(ctx, request).catch((error: unknown) => refuseLogin(error, proof, auth));
  const { login } = readAuth(answer, ctx);
  const { secretId } = proof;
  if (secretId?.unwrapped !== true) return login;
  return { ...login, secretId, ...(secretId.expires && { bootstrapExpires: secretId.expires }) };
}

/** Asks for the token's first life again. */
export async function renewSelf(ctx: LoggedInContext): Promise<{ readonly login: VaultLogin; readonly left: number }> {
  const { token, life } = ctx.login;
  const { namespace } = ctx.options.auth;
  const json = { increment: `${Math.ceil(life / 1000)}s` };
  const answer = await call(ctx, { verb: "POST", path: "auth/token/renew-self", json, token, namespace });
  const { login, left } = readAuth(answer, ctx);
  return { left, login: { ...ctx.login, ...login, life } };
}

/** The `auth` of an answer as a login; `left` in ms, Infinity without an end. */
function readAuth(answer: HttpAnswer, ctx: VaultContext): { readonly login: VaultLogin; readonly left: number } {
  if (answer.tryJson(stepUp) !== undefined) {
    throw new RotateError("the login wants a second factor", {
      code: "DENIED",
      retryable: false,
      hint: "use a method or role for machines, without MFA enforcement",
    });
  }
  const { client_token, accessor = "", lease_duration, renewable, num_uses } = readAs(answer, answered).auth;
  if (num_uses)
    ctx.log.warn("the login's token is good for few requests only: let the role issue tokens without token_num_uses", {
      uses: num_uses,
    });
  const life = lease_duration * 1000;
  const login = { token: ctx.secret(client_token, "token"), identity: identityOf(accessor), renewable, life };
  if (life === 0) return { left: Number.POSITIVE_INFINITY, login: { ...login, expires: "never" } };
  return { left: life, login: { ...login, expires: { in: life } } };
}

/** An accessor can revoke its token, so that only a hash of it is kept in handles. */
export function identityOf(accessor: string): string {
  return accessor === "" ? "" : createHash("sha256").update(accessor).digest("hex").slice(0, 16);
}

/** Wrong proofs are 400 with some methods and 403 with others. */
function refuseLogin(error: unknown, { hint }: Proof, { method }: ProofAuth): never {
  if (!isRotateError(error) || !["INVALID", "DENIED", "NOT_FOUND"].includes(error.code)) throw error;
  const code = error.code === "NOT_FOUND" ? "NOT_FOUND" : "DENIED";
  const advice = code === "NOT_FOUND" ? (error.hint ?? hint) : hint;
  throw new RotateError(`the login by ${method} was refused: ${error.message}`, {
    code,
    retryable: false,
    hint: advice,
    cause: error,
  });
}
