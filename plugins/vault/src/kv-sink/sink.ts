import { defineSink, RotateError, type Values, reversible } from "@rotate/plugin-kit";
import { keepAlive, logIn, loginPlaces, loginScope } from "../login/index.ts";
import { checkStored, refuseAbsent } from "./check.ts";
import { engineOf } from "./engine.ts";
import { markAsOurs } from "./mark.ts";
import { dataPath, options, type KvContext } from "./options.ts";
import { change, readStored, type Stored } from "./stored.ts";
import { undoWrite } from "./undo.ts";

/** A server ends a request after 90 s (`default_max_request_duration`); engine 1 has nothing that a later one could fail on. ms */
const lateWrites = 120_000;

/** Members of a key-value secret, written under compare-and-swap: only ours, and only over what was seen. Engine 1 is told apart first. */
export const vaultKvSink = defineSink({
  type: "vault-kv",
  options,
  keys: { pattern: "[^\\u0000-\\u001f/]{1,256}", description: "a key of the secret" },
  lateWrites,
  target: ({ address, namespace = "", mount, path }) =>
    `kv ${mount}/${path} at ${address}${namespace === "" ? "" : ` in ${namespace}`}`,
  reads: loginPlaces,
  scope: loginScope,
  login: logIn,
  keepAlive,
  check: checkStored,

  async prepare(values, ctx) {
    const before = await readStored(await engineOf(ctx), ctx);
    refuseAbsent(before, ctx);
    return {
      changed: !holds(before, values),
      ...reversible<KvContext>({
        async commit(later) {
          await refuseChanged(before, later);
          await change(before, values, later);
          await markAsOurs(before, later);
        },
        undo: (later) => undoWrite(before, values, later),
      }),
    };
  },

  async read(keys, ctx) {
    const { data = {} } = await readStored(await engineOf(ctx), ctx);
    const texts = keys.flatMap((key) => {
      const value = data[key];
      return value === undefined
        ? []
        : [[key, ctx.secret(typeof value === "string" ? value : JSON.stringify(value), key)] as const];
    });
    return Object.fromEntries(texts);
  },

  async fence(ctx) {
    const now = await readStored(await engineOf(ctx), ctx);
    if (now.engine === "kv1" || now.data === undefined) throw unfenced(now, ctx);
    await change(now, {}, ctx);
  },
});

function holds({ data }: Stored, values: Values): boolean {
  return data !== undefined && Object.entries(values).every(([key, value]) => data[key] === value.reveal());
}

/** Engine 1 has no condition: what is there is looked at once more, which leaves a moment. */
async function refuseChanged(before: Stored, ctx: KvContext): Promise<void> {
  if (before.engine === "kv2") return;
  const now = await readStored(before.engine, ctx);
  if (JSON.stringify(now.data) === JSON.stringify(before.data)) return;
  throw new RotateError(`${dataPath(ctx, before.engine)} was changed by somebody else`, {
    code: "CONFLICT",
    retryable: true,
    noEffect: true,
    hint: "it is looked at again",
  });
}

function unfenced({ engine }: Stored, ctx: KvContext): RotateError {
  const why = engine === "kv1" ? "engine version 1 refuses no late write" : "there is no version to write anew";
  return new RotateError(`${dataPath(ctx, engine)}: ${why}`, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "the write is made again, and waited for",
  });
}
