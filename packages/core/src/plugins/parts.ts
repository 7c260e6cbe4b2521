/** A program's parts in the shapes of the built-ins: whoever plans, verifies, writes or reports treats them alike. */
import {
  beforehand,
  type Context,
  type Expires,
  type Fields,
  type FieldValues,
  isSecret,
  type Lease,
  type LeaseTerms,
  type Login,
  type Minted,
  type Notifier,
  type Plugin,
  definePlugin,
  type Prepared,
  type Probe,
  type Provider,
  type ProviderContext,
  type Reload,
  type Sink,
  type SinkContext,
  type Values,
} from "@rotate/plugin-kit";
import { isReference, isTemplateOption } from "@rotate/runtime";
import { type DescribedPart, type Description, targetWith } from "./describe.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";
import type { Program } from "./program.ts";

/** What `prepare` may leave for `commit` and `undo`, bytes. */
const maxState = 256 * 1024;

/** The plugin that a program is. Starts nothing. */
export function pluginOf(program: Program, description: Description): Plugin {
  function made<P>(kind: keyof Description & string, make: (part: DescribedPart, ask: Ask) => P): readonly P[] {
    const parts = (description[kind as "sinks"] ?? []) as readonly DescribedPart[];
    return parts.map((part) => make(part, askWith(program, `${kind}/${part.type}`)));
  }
  return definePlugin({
    providers: made("providers", providerOf),
    sinks: made("sinks", sinkOf),
    reloads: made("reloads", reloadOf),
    probes: made("probes", probeOf),
    notifiers: made("notifiers", notifierOf),
  });
}

type Ask = (verb: string, body: Frame, ctx: Context) => Promise<unknown>;

/** Calls with the options, secret ones read anew and in clear: they go to the program's standard input and nowhere else. */
function askWith(program: Program, part: string): Ask {
  return async (call, body, ctx) => {
    const options = await beforehand(() => revealed(ctx.options, ctx));
    return program.call({ call, part, options, ...body }, ctx);
  };
}

async function revealed(value: unknown, ctx: Context): Promise<unknown> {
  if (isReference(value) || isTemplateOption(value)) return (await ctx.resolve(value as never)).reveal();
  if (isSecret(value)) return value.reveal();
  if (Array.isArray(value)) return Promise.all(value.map((item) => revealed(item, ctx)));
  if (!isFrame(value)) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await revealed(item, ctx)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** A verb that the program has; a part without it has no such method. */
function when<M extends object>({ verbs }: DescribedPart, verb: string, method: M): M | {} {
  return verbs.includes(verb) ? method : {};
}

function nothing(answer: unknown): void {
  if (answer !== null) throw badFrame("it answered something where null is due");
}

function given<const K extends keyof DescribedPart>(part: DescribedPart, ...keys: readonly K[]): Pick<DescribedPart, K> {
  const entries = keys.flatMap((key) => (part[key] === undefined ? [] : [[key, part[key]] as const]));
  return Object.fromEntries(entries) as Pick<DescribedPart, K>;
}

function providerOf(part: DescribedPart, ask: Ask): Provider {
  const { type, options, fields = {} } = part;
  const loginIn = (ctx: ProviderContext): Frame =>
    isFrame(ctx.login) && "said" in ctx.login ? { login: ctx.login["said"] } : {};
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
        if (lives !== null && typeof lives !== "boolean") throw badFrame("`lives` is answered with true, false or null");
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

function sinkOf(part: DescribedPart, ask: Ask): Sink {
  const { type, options, target = "" } = part;
  return {
    type,
    options,
    ...given(part, "scope", "keys"),
    target: (values) => targetWith(target, values),
    prepare: async (values, ctx) => preparedOf(part, ask, {
      answer: await ask("prepare", { values: await revealed(values, ctx), ours: ctx.ours === true, ...markOf(ctx) }, ctx),
    }),
    ...when(part, "check", {
      check: async (ctx: SinkContext) =>
        nothing(await ask("check", { ours: ctx.ours === true, ...(ctx.keys && { keys: ctx.keys }) }, ctx)),
    }),
    ...when(part, "read", {
      read: async (keys: readonly string[], ctx: Context) => valuesOf(await ask("read", { keys }, ctx), keys, ctx),
    }),
    ...when(part, "fence", { fence: async (ctx: Context) => nothing(await ask("fence", {}, ctx)) }),
  };
}

function markOf({ mark }: SinkContext): Frame {
  return mark === undefined ? {} : { mark };
}

function preparedOf(part: DescribedPart, ask: Ask, { answer }: { readonly answer: unknown }): Prepared {
  if (!isFrame(answer) || typeof answer["changed"] !== "boolean") throw badFrame("its answer to prepare has no `changed`");
  const { changed, undo = false, state = null, ...others } = answer;
  if (typeof undo !== "boolean" || Object.keys(others).length > 0)
    throw badFrame("its answer to prepare has more than `changed`, `undo` and `state`");
  if (undo && !part.verbs.includes("undo")) throw badFrame("it promises an undo and has no such verb");
  if (Buffer.byteLength(JSON.stringify(state)) > maxState) throw badFrame("its state is larger than 256 KiB");
  return {
    changed: changed as boolean,
    commit: async (ctx) => nothing(await ask("commit", { state }, ctx)),
    ...(undo && { undo: async (ctx: Context) => nothing(await ask("undo", { state }, ctx)) }),
  };
}

function valuesOf(answer: unknown, keys: readonly string[], ctx: Context): Values {
  if (!isFrame(answer)) throw badFrame("its answer to read is no object");
  const values = Object.entries(answer).map(([key, value]) => {
    if (typeof value !== "string" || !keys.includes(key)) throw badFrame("it read what it was not asked for, or no text");
    return [key, ctx.secret(value, key)] as const;
  });
  return Object.fromEntries(values);
}

function reloadOf(part: DescribedPart, ask: Ask): Reload {
  const { type, options, adopts = false } = part;
  return {
    type,
    options,
    ...given(part, "scope"),
    adopts: () => adopts,
    run: async (event, ctx) => nothing(await ask("reload", { event }, ctx)),
    ...when(part, "check", { check: async (ctx: Context) => nothing(await ask("check", {}, ctx)) }),
  };
}

function probeOf(part: DescribedPart, ask: Ask): Probe {
  const { type, options } = part;
  return { type, options, ...given(part, "scope"), run: async (ctx) => nothing(await ask("probe", {}, ctx)) };
}

function notifierOf(part: DescribedPart, ask: Ask): Notifier {
  const { type, options } = part;
  return {
    type,
    options,
    ...given(part, "scope"),
    send: async (alarm, ctx) => nothing(await ask("notify", { alarm }, ctx)),
    ...when(part, "check", { check: async (ctx: Context) => nothing(await ask("check", {}, ctx)) }),
  };
}
