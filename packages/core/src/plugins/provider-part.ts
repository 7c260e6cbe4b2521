import {
  beforehand,
  type Context,
  type Fields,
  type FieldValues,
  type Lease,
  type LeaseTerms,
  type Minted,
  type Provider,
  type ProviderContext,
} from "@rotate/plugin-kit";
import { type Ask, given, nothing, revealed, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { factsOf } from "./facts.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";
import { expiresOf, loginIn, loginVerbs } from "./login-frames.ts";

/** A provider of a program, in the shape of a built-in one. */
export function providerOf(part: DescribedPart, ask: Ask): Provider {
  const { type, options, fields = {} } = part;
  return {
    type,
    options,
    fields,
    ...factsOf(part, ask),
    ...given(part, "request", "handle", "overlap", "ghosts", "maxLife"),
    mint: async (request, ctx) =>
      mintedOf(
        await ask("mint", { request: await askedFor(request, ctx), leaseId: ctx.leaseId, ...loginIn(ctx) }, ctx),
        fields,
        ctx,
      ),
    ...loginVerbs(part, ask),
    ...when(part, "check", {
      check: async (ctx: ProviderContext, request?: unknown) =>
        nothing(
          await ask(
            "check",
            { ...(request !== undefined && { request: await askedFor(request, ctx) }), ...loginIn(ctx) },
            ctx,
          ),
        ),
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

/** A request may refer to secrets, which are read anew as those of options are. */
function askedFor(request: unknown, ctx: Context): Promise<unknown> {
  return beforehand(() => revealed(request, ctx));
}

function leaseOut({ id, issuedAt, expiresAt, handle }: Lease): Frame {
  return {
    id,
    issuedAt: issuedAt.toISOString(),
    expiresAt: expiresAt === "never" ? "never" : expiresAt.toISOString(),
    ...(handle !== undefined && { handle }),
  };
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
