import { isRotateError, RotateError, type Secret } from "@rotate/plugin-kit";
import { readAs } from "../envelope.ts";
import type { Auth, VaultContext } from "../options.ts";
import { call } from "../wire.ts";
import { identityOf, renewSelf } from "./by-proof.ts";
import { readTokenFile } from "./files.ts";
import type { VaultLogin } from "./types.ts";

type TokenAuth = Extract<Auth, { readonly method: "token" } | { readonly method: "token-file" }>;

const lookup = {
  type: "object",
  properties: {
    data: {
      type: "object",
      properties: {
        accessor: { type: "string" },
        ttl: { type: "integer" },
        creation_ttl: { type: "integer" },
        creation_time: { type: "integer" },
        explicit_max_ttl: { type: "integer" },
        renewable: { type: "boolean" },
        type: { type: "string" },
      },
      required: ["ttl"],
    },
  },
  required: ["data"],
} as const;

/** A token with less than this left can be of no use, ms. */
const shortest = 60_000;

/** Takes a token as it is: looks it up, and renews it when half of its life is over. Throws DENIED when it is about to end. */
export async function logInByToken(auth: TokenAuth, ctx: VaultContext): Promise<VaultLogin> {
  const token = await readToken(auth, ctx);
  const looked = await lookUp(token, ctx).catch((error: unknown) => refuseToken(error, auth));
  if (looked.left > looked.login.life / 2 || !looked.login.renewable) return checkLeft(looked, ctx);
  const renewed = await renewSelf({ ...ctx, login: looked.login }).catch(() => looked);
  return checkLeft(renewed, ctx);
}

interface Looked {
  readonly login: VaultLogin;
  /** Milliseconds; Infinity without an end. */
  readonly left: number;
}

async function readToken(auth: TokenAuth, ctx: VaultContext): Promise<Secret> {
  if (auth.method === "token") return ctx.resolve(auth.token);
  return readTokenFile(
    tokenPath(auth, ctx.env),
    "log in (vault login, bao login), or give the path of an Agent's sink",
    ctx,
  );
}

/** Where the token of `method: token-file` stands. */
export function tokenPath({ path }: { readonly path?: string }, env: VaultContext["env"]): string {
  return path ?? `${env["HOME"] ?? ""}/.vault-token`;
}

async function lookUp(token: Secret, ctx: VaultContext): Promise<Looked> {
  const answer = await call(ctx, {
    verb: "GET",
    path: "auth/token/lookup-self",
    token,
    namespace: ctx.options.auth.namespace,
  });
  const { data } = readAs(answer, lookup);
  const { accessor = "", ttl, creation_ttl: first = ttl, renewable = false } = data;
  const end = endOfToken(data, ctx.now());
  const login = {
    token,
    identity: data.type === "batch" ? "" : identityOf(accessor),
    renewable,
    life: first * 1000,
    ...(end !== undefined && { bootstrapExpires: end }),
  };
  if (ttl === 0) return { left: Number.POSITIVE_INFINITY, login: { ...login, expires: "never" } };
  return { left: ttl * 1000, login: { ...login, expires: { in: ttl * 1000 } } };
}

interface TokenTerms {
  readonly ttl: number;
  readonly renewable?: boolean;
  readonly creation_time?: number;
  readonly explicit_max_ttl?: number;
}

/** When nothing can lengthen the token any more, as far as it is known. */
function endOfToken(
  { ttl, renewable = false, creation_time: made, explicit_max_ttl: most = 0 }: TokenTerms,
  now: number,
): Date | undefined {
  if (ttl === 0) return undefined;
  if (!renewable) return new Date(now + ttl * 1000);
  return made !== undefined && most > 0 ? new Date((made + most) * 1000) : undefined;
}

function checkLeft({ login, left }: Looked, ctx: VaultContext): VaultLogin {
  if (left >= shortest) return login;
  if (login.life > 0 && login.life < shortest) {
    ctx.log.warn("the token lives less than a minute: its leases die with it", { left });
    return login;
  }
  throw new RotateError(`the token ends in ${Math.floor(left / 1000)} s and cannot be renewed`, {
    code: "DENIED",
    retryable: false,
    hint: "give a new one, best a periodic token (vault token create -period=24h), or use another auth method",
  });
}

function refuseToken(error: unknown, { method }: TokenAuth): never {
  if (!isRotateError(error) || error.code !== "DENIED") throw error;
  throw new RotateError(`the token was refused: ${error.message}`, {
    code: "DENIED",
    retryable: false,
    hint:
      method === "token"
        ? "it has expired or was revoked: give a new one"
        : "it has expired or was revoked: log in again, or is the Agent down?",
    cause: error,
  });
}
