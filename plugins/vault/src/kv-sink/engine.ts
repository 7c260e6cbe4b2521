import { isRotateError, RotateError } from "@rotate/plugin-kit";
import { readAs } from "../envelope.ts";
import { call } from "../wire.ts";
import type { KvContext, KvEngine } from "./options.ts";

const mounted = {
  type: "object",
  properties: { data: { type: "object", properties: { type: { type: "string" } }, required: ["type"] } },
  required: ["data"],
} as const;
const versioned = {
  type: "object",
  properties: {
    data: {
      type: "object",
      properties: {
        options: { type: "object", properties: { version: { const: "2" } }, required: ["version"] },
      },
      required: ["options"],
    },
  },
  required: ["data"],
} as const;

/** By login, then by mount: a mount does not change its version while a login lasts. */
const known = new WeakMap<object, Map<string, KvEngine>>();

/**
 * Which engine is mounted there: a write to the path of the other version succeeds and stores rubbish, so that it is asked before anything else.
 * `sys/internal/ui/mounts/PATH` tells whoever has any right below it (openbao internal/vault/logical_system.go, pathInternalUIMountRead). Throws INVALID for another engine.
 */
export async function engineOf(ctx: KvContext): Promise<KvEngine> {
  const { engine, mount, path } = ctx.options;
  if (engine !== undefined) return engine === "1" ? "kv1" : "kv2";
  const seen = known.get(ctx.login) ?? new Map<string, KvEngine>();
  known.set(ctx.login, seen);
  const before = seen.get(mount);
  if (before !== undefined) return before;
  const found = await ask(ctx, `${mount}/${path}`);
  seen.set(mount, found);
  return found;
}

async function ask(ctx: KvContext, path: string): Promise<KvEngine> {
  const { mount } = ctx.options;
  const asked = { verb: "GET", path: `sys/internal/ui/mounts/${path}`, token: ctx.login.token } as const;
  const answer = await call(ctx, asked).catch((error: unknown) => {
    if (!isRotateError(error) || error.code !== "DENIED") throw error;
    throw new RotateError(`nothing is mounted at ${mount}, or the token may do nothing at ${path}`, {
      code: "DENIED",
      retryable: false,
      noEffect: true,
      hint: `check \`mount\` and \`namespace\`, or grant it in a policy: path "${mount}/data/${ctx.options.path}" { capabilities = ["read", "update"] }`,
      cause: error,
    });
  });
  const { type } = readAs(answer, mounted).data;
  if (type !== "kv" && type !== "generic")
    throw new RotateError(`${mount} is a mount of ${type}, not of key-value secrets`, {
      code: "INVALID",
      retryable: false,
      noEffect: true,
      hint: "correct `mount`",
    });
  return answer.tryJson(versioned) === undefined ? "kv1" : "kv2";
}
