import { defineProvider, isRotateError, withDetails, type Infer, type ObjectSchema } from "@rotate/plugin-kit";
import { readEnvelope } from "./envelope.ts";
import { declareFields, fieldOptions, readFields } from "./fields.ts";
import { handle, isAlive, mountOf, renewLease, revokeLease, termsOf, type Terms } from "./lease.ts";
import { keepAlive, logIn, loginPlaces, loginScope, type LoggedInContext } from "./login/index.ts";
import { options } from "./options.ts";
import { ask, checkRights, type Rights } from "./read.ts";
import { loginsOf } from "./logins.ts";

const request = {
  type: "object",
  properties: {
    path: {
      type: "string",
      pattern: "^[^/].*[^/]$",
      description: "What is read or written, without `/v1/` and namespace",
      examples: ["database/creds/app", "aws/sts/deploy", "pki/issue/web"],
    },
    method: {
      enum: ["read", "write"],
      default: "read",
      description: "`write` for engines that want parameters in a body, as pki does",
    },
    parameters: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "What the path takes, each as text; lists are separated by commas",
    },
    ttl: { type: "string", format: "duration", min: "1s" },
    ...fieldOptions,
  },
  required: ["path", "fields"],
} as const satisfies ObjectSchema;

type Request = Infer<typeof request>;

/** Whatever an engine hands out for a while: database users, cloud credentials, certificates, by one read or write. */
export const vault = defineProvider({
  type: "vault",
  start: {
    title: "Vault or OpenBao: a dynamic secret (database, aws, pki, …)",
    offers: { address: "https://vault.example.com:8200", fields: { username: "username", password: "password" } },
    logins: loginsOf,
  },
  options,
  request,
  fields: (wanted) => declareFields(wanted, wanted.path),
  handle,
  reads: loginPlaces,
  scope: loginScope,
  login: logIn,
  keepAlive,
  check: (ctx, wanted) => checkRights(ctx, wanted === undefined ? { asked: [] } : rightsFor(wanted)),

  async mint(wanted, ctx) {
    const answered = readEnvelope(await ask(ctx, requestOf(wanted)), wanted.path, ctx);
    const { leaseId, data } = answered;
    try {
      const terms = termsOf(answered, wanted, ctx);
      if (terms.diesWithLogin) noteShortLogin(answered.life, ctx);
      return { ...(await lengthen(terms, wanted, ctx)), fields: readFields(data, wanted, ctx) };
    } catch (error) {
      throw leaseId === "" ? error : await dropped({ leaseId }, error, ctx);
    }
  },
  renew: ({ handle: kept }, ctx) => renewLease(kept, ctx),
  revoke: ({ handle: kept }, ctx) => revokeLease(kept, ctx),
  lives: ({ handle: kept }, ctx) => isAlive(kept, ctx),
});

/** What a mint needs, and what its revocation will need: the lease's, or that of a certificate without one. */
function rightsFor({ path, method }: Request): Rights {
  const mount = mountOf(path);
  const ends = ["sys/leases/revoke", ...(mount === undefined ? [] : [`${mount}/revoke`])];
  return {
    asked: [{ path, capability: method === "read" ? "read" : "update" }],
    revoke: ends.map((end) => ({ path: end, capability: "update" })),
  };
}

function requestOf({ path, method, parameters, ttl }: Request) {
  const values = { ...parameters, ...(ttl !== undefined && { ttl: `${Math.ceil(ttl / 1000)}s` }) };
  return method === "read"
    ? ({ verb: "GET", path, query: values } as const)
    : ({ verb: "POST", path, json: values } as const);
}

/** Harmless while somebody keeps the login alive; under single runs the credential ends with the run's login. */
function noteShortLogin(life: number, { login, log }: LoggedInContext): void {
  if (login.life === 0 || login.life >= life) return;
  log.info("the credential dies with its login, which ends earlier unless it is renewed", {
    loginSeconds: login.life / 1000,
    credentialSeconds: life / 1000,
    remedy: "under single runs: let the role's token_ttl be at least the credential's life",
  });
}

/** Engines that know no `ttl` (database) give the role's default: one renewal asks for the rest. Refused, the lease stays as it is, for the engine to judge. */
async function lengthen(terms: Terms, { ttl }: Request, ctx: LoggedInContext): Promise<Terms> {
  const { expires, renewable, handle: made } = terms;
  const life = typeof expires === "object" && "in" in expires ? expires.in : Number.POSITIVE_INFINITY;
  if (ttl === undefined || renewable !== true || life >= ttl || made === undefined) return terms;
  try {
    return await renewLease(made, ctx);
  } catch (error) {
    if (!isRotateError(error)) throw error;
    ctx.log.warn("the lease could not be lengthened to the ttl asked for", { reason: error.message });
    return terms;
  }
}

/** Revokes a credential that nobody will get, and gives the error that says whether it is gone. */
async function dropped(made: { readonly leaseId: string }, error: unknown, ctx: LoggedInContext): Promise<unknown> {
  try {
    await revokeLease(made, ctx);
    return isRotateError(error) ? withDetails(error, { noEffect: true }) : error;
  } catch (failure) {
    if (!isRotateError(failure)) throw failure;
    ctx.log.warn("a lease that is of no use could not be revoked: it ends by itself", { reason: failure.message });
    return error;
  }
}
