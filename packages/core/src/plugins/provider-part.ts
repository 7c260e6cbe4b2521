import type {
  Context,
  Expires,
  Fields,
  FieldValues,
  Lease,
  LeaseTerms,
  Login,
  Minted,
  Provider,
  ProviderContext,
} from "@rotate/plugin-kit";
import { type Ask, given, nothing, revealed, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";

/** A provider of a program, in the shape of a built-in one. */
export function providerOf(part: DescribedPart, ask: Ask): Provider {
  const { type, options, fields = {} } = part;
  return {
    type,
    options,
    fields,
    ...given(part, "scope", "request", "handle", "overlap", "ghosts", "maxLife"),
    mint: async (request, ctx) =>
      mintedOf(await ask("mint", { request, leaseId: ctx.leaseId, ...loginIn(ctx) }, ctx), fields, ctx),
    ...when(part, "login", { login: async (ctx: Context) => loginOf(await ask("login", {}, ctx), ctx) }),
    ...when(part, "keepAlive", {
      keepAlive: async (ctx: ProviderContext) => loginOf(await ask("keepAlive", loginIn(ctx), ctx), ctx),
    }),
    ...when(part, "check", {
      check: async (ctx: ProviderContext, request?: unknown) =>
        nothing(await ask("check", { ...(request !== undefined && { request }), ...loginIn(ctx) }, ctx)),
    }),
    ...when(part, "renew", {
      renew: async (lease: Lease, ctx: ProviderContext) =>
        termsOf(await ask("renew", { lease: leaseOut(lease), ...loginIn(ctx) }, ctx)),
    }),
    ...when(part, "find", {
      find: async (leaseId: string, ctx: ProviderContext) => {
        const found = await ask("find", { leaseId, ...loginIn(ctx) }, ctx);
        return found === null ? undefined : termsOf(found);
      },
    }),
    ...when(part, "lives", {
      lives: async (lease: Lease, ctx: ProviderContext) => {
        const lives = await ask("lives", { lease: leaseOut(lease), ...loginIn(ctx) }, ctx);
        if (lives !== null && typeof lives !== "boolean")
          throw badFrame("`lives` is answered with true, false or null");
        return lives ?? undefined;
      },
    }),
    ...when(part, "revoke", {
      revoke: async (lease: Lease, ctx: ProviderContext) =>
        nothing(await ask("revoke", { lease: leaseOut(lease), ...loginIn(ctx) }, ctx)),
    }),
    ...when(part, "revokeValue", {
      revokeValue: async (values: FieldValues<Fields>, ctx: ProviderContext) =>
        nothing(await ask("revokeValue", { fields: await revealed(values, ctx), ...loginIn(ctx) }, ctx)),
    }),
  };
}

/** What the program said at its login is handed back to it. */
function loginIn({ login }: ProviderContext): Frame {
  return isFrame(login) && "said" in login ? { login: login["said"] } : {};
}

function leaseOut({ id, issuedAt, expiresAt, handle }: Lease): Frame {
  return {
    id,
    issuedAt: issuedAt.toISOString(),
    expiresAt: expiresAt === "never" ? "never" : expiresAt.toISOString(),
    ...(handle !== undefined && { handle }),
  };
}

/** All texts of a login may be secret. */
function loginOf(answer: unknown, ctx: Context): Login {
  if (!isFrame(answer)) throw badFrame("its login is no object");
  maskTexts(answer, ctx);
  const { expires } = answer;
  return { said: answer, ...(expires !== undefined && { expires: expiresOf(expires) }) };
}

function maskTexts(value: unknown, ctx: Context): void {
  if (typeof value === "string") ctx.secret(value, "login");
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) maskTexts(item, ctx);
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function expiresOf(value: unknown): Expires {
  if (value === "never") return value;
  if (isFrame(value) && Number.isFinite(value["in"]) && Number(value["in"]) > 0) return { in: Number(value["in"]) };
  const date = typeof value === "string" && instant.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()))
    throw badFrame('its `expires` is neither an RFC 3339 instant nor { "in": milliseconds } nor "never"');
  return date;
}

const termKeys: readonly string[] = ["expires", "renewable", "diesWithLogin", "period", "handle"];

function termsOf(answer: unknown): LeaseTerms {
  if (!isFrame(answer)) throw badFrame("its answer is no object");
  if (!Object.keys(answer).every((key) => termKeys.includes(key))) throw badFrame("its answer has a key that none has");
  const { expires, renewable, diesWithLogin, period, handle } = answer;
  for (const flag of [renewable, diesWithLogin])
    if (flag !== undefined && typeof flag !== "boolean") throw badFrame("a flag of its answer is not true or false");
  if (period !== undefined && typeof period !== "number") throw badFrame("its `period` is no number");
  return {
    expires: expiresOf(expires),
    ...(renewable === true && { renewable }),
    ...(diesWithLogin === true && { diesWithLogin }),
    ...(typeof period === "number" && { period }),
    ...(handle !== undefined && handle !== null && { handle }),
  };
}

function mintedOf(answer: unknown, declared: Fields, ctx: Context): Minted {
  if (!isFrame(answer) || !isFrame(answer["fields"])) throw badFrame("its answer to mint has no `fields`");
  const { fields, ...terms } = answer;
  const values = Object.entries(fields).map(([name, value]) => {
    if (typeof value !== "string") throw badFrame("a field of its answer is no text");
    const isOpen = Object.hasOwn(declared, name) && declared[name]?.secret === false;
    return [name, isOpen ? value : ctx.secret(value, name)] as const;
  });
  return { ...termsOf(terms), fields: Object.fromEntries(values) };
}
