/** Items of a Nomad variable, by check-and-set: https://developer.hashicorp.com/nomad/api-docs/variables/variables */
import {
  type Context,
  defineSink,
  type HttpAnswer,
  httpError,
  type Infer,
  readAnswer,
  reversible,
  RotateError,
  type Secret,
} from "@rotate/plugin-kit";

const schema = {
  type: "object",
  properties: {
    url: { type: "string", format: "uri", description: "the address of Nomad's API" },
    token: { type: "string", secret: true, description: "its ACL must let it read and write the variable" },
    path: { type: "string", pattern: "^[A-Za-z0-9/_~-]{1,128}$", description: "the variable" },
    namespace: { type: "string", default: "default", pattern: "^[A-Za-z0-9-]{1,128}$", description: "its namespace" },
  },
  required: ["url", "token", "path"],
} as const;

const answerSchema = {
  type: "object",
  properties: {
    ModifyIndex: { type: "integer" },
    Items: { type: "object", properties: {}, additionalProperties: { type: "string" } },
  },
  required: ["ModifyIndex", "Items"],
} as const;

type Ctx = Context<Infer<typeof schema>>;
/** By key; undefined: there is none. */
type Items = Readonly<Record<string, Secret | undefined>>;

interface Variable {
  /** What check-and-set compares; 0: there is no such variable. */
  readonly index: number;
  readonly items: Items;
}

async function ask(
  { options, http, resolve }: Ctx,
  { method = "GET", cas, json }: { readonly method?: "GET" | "PUT" | "DELETE"; readonly cas?: number; readonly json?: unknown } = {},
): Promise<HttpAnswer> {
  const query = new URLSearchParams({ namespace: options.namespace, ...(cas !== undefined && { cas: String(cas) }) });
  const headers = { "x-nomad-token": await resolve(options.token) };
  return http(`${options.url}/v1/var/${options.path}?${query.toString()}`, { method, headers, ...(json !== undefined && { json }) });
}

async function read(ctx: Ctx): Promise<Variable> {
  const got = await ask(ctx);
  if (got.status === 404) return { index: 0, items: {} };
  if (!got.ok) throw httpError("nomad gave no variable", got, { hint: "may the `token` read it in this namespace?" });
  const { ModifyIndex: index, Items } = readAnswer(got, answerSchema, "is `url` that of Nomad's API?");
  const entries = Object.entries<string>(Items);
  return { index, items: Object.fromEntries(entries.map(([key, text]) => [key, ctx.secret(text, key)])) };
}

function conflict(hint: string, retryable: boolean): RotateError {
  return new RotateError("somebody else changed the variable", { code: "CONFLICT", retryable, hint });
}

/** Writes all items over the index that was read; none of them: the variable goes. */
async function write(ctx: Ctx, { index, items }: Variable): Promise<void> {
  const kept = Object.entries(items).filter(([, text]) => text !== undefined);
  const json = { Namespace: ctx.options.namespace, Path: ctx.options.path, Items: Object.fromEntries(kept) };
  const got = await ask(ctx, kept.length > 0 ? { method: "PUT", cas: index, json } : { method: "DELETE", cas: index });
  if (got.status === 409) throw conflict("it is tried again", true);
  if (!got.ok) throw httpError("nomad did not write the variable", got, { hint: "may the `token` write it?" });
  if (got.status !== 204) readAnswer(got, answerSchema, "is `url` that of Nomad's API?"); // a proxy's page is no success
}

function only(items: Items, keys: readonly string[]): Items {
  return Object.fromEntries(keys.map((key) => [key, items[key]]));
}

function isSame(one: Items, other: Items): boolean {
  return Object.keys(one).every((key) => one[key]?.reveal() === other[key]?.reveal());
}

/** Writes items of one variable, and leaves its others as they are. */
export const sink = defineSink({
  type: "nomad-variable",
  scope: "anywhere",
  options: schema,
  keys: { pattern: "[^\\0-\\x1f]{1,128}", description: "names of items" },
  target: ({ url, namespace, path }) => `${url} namespace ${namespace} variable ${path}`,

  async check(ctx) {
    await read(ctx);
  },
  /** A write whose answer was lost, and which is still on its way, finds another index. Where there is no variable, only the next write makes it fail. */
  async fence(ctx) {
    const variable = await read(ctx);
    if (variable.index > 0) await write(ctx, variable);
  },
  async read(keys, ctx) {
    const { items } = await read(ctx);
    const found = keys.flatMap((key) => (items[key] === undefined ? [] : [[key, items[key]] as const]));
    return Object.fromEntries(found);
  },
  async prepare(values, ctx) {
    const variable = await read(ctx);
    const keys = Object.keys(values);
    const before = only(variable.items, keys);
    return {
      changed: !isSame(values, before),
      ...reversible<typeof ctx>({
        commit: (later) => write(later, { index: variable.index, items: { ...variable.items, ...values } }),
        async undo(later) {
          const now = await read(later);
          const found = only(now.items, keys);
          if (isSame(before, found)) return;
          if (!isSame(values, found)) throw conflict("see who else writes it", false);
          await write(later, { index: now.index, items: { ...now.items, ...before } });
        },
      }),
    };
  },
});
