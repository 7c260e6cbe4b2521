import { defineProvider, RotateError, type HttpAnswer, type Infer, type ObjectSchema } from "@rotate/plugin-kit";
import { readEnvelope } from "./envelope.ts";
import { explainDenied } from "./denied.ts";
import { declareFields, fieldOptions, readFields } from "./fields.ts";
import { keepAlive, logIn, loginPlaces, loginScope, type LoggedInContext } from "./login/index.ts";
import { options } from "./options.ts";
import { checkRights } from "./read.ts";
import { refusal } from "./refusal.ts";
import { send } from "./wire.ts";
import { loginsOf } from "./logins.ts";

const request = {
  type: "object",
  properties: {
    mount: { type: "string", minLength: 1, default: "secret", description: "Where the engine is mounted" },
    path: { type: "string", pattern: "^[^/].*[^/]$|^[^/]$", description: "Of the secret, without mount and `data/`" },
    engine: { enum: ["2", "1"], default: "2", description: "Version of the engine" },
    version: { type: "integer", minimum: 1, description: "Of the secret (engine 2); default: the newest" },
    ...fieldOptions,
  },
  required: ["path", "fields"],
} as const satisfies ObjectSchema;

type Request = Infer<typeof request>;

/** Values that people or other tools store in Vault: brought to their consumers when they change. They never expire, and nothing here can revoke them. */
export const vaultKv = defineProvider({
  type: "vault-kv",
  start: {
    title: "Vault or OpenBao: a stored secret (KV)",
    offers: { address: "https://vault.example.com:8200", fields: { password: "password" } },
    refresh: { every: "1h" },
    logins: loginsOf,
  },
  options,
  request,
  fields: (wanted) => declareFields(wanted, pathOf(wanted)),
  reads: loginPlaces,
  scope: loginScope,
  ghosts: false,
  login: logIn,
  keepAlive,
  check: (ctx, wanted) =>
    checkRights(ctx, { asked: wanted === undefined ? [] : [{ path: pathOf(wanted), capability: "read" }] }),

  async mint(wanted, ctx) {
    const path = pathOf(wanted);
    const { data } = readEnvelope(await read(wanted, ctx), path, ctx);
    return { expires: "never", fields: readFields(wanted.engine === "1" ? data : stored(data, path), wanted, ctx) };
  },
});

function pathOf({ mount, path, engine }: Request): string {
  return engine === "1" ? `${mount}/${path}` : `${mount}/data/${path}`;
}

async function read(wanted: Request, ctx: LoggedInContext): Promise<HttpAnswer> {
  const asked = {
    verb: "GET",
    path: pathOf(wanted),
    query: { version: wanted.version },
    token: ctx.login.token,
  } as const;
  const answer = await send(ctx, asked);
  if (answer.ok) return answer;
  const gone = answer.status === 404 ? answer.tryJson(deleted)?.data.metadata : undefined;
  if (gone === undefined)
    throw await explainDenied(refusal(asked, answer), { path: asked.path, capability: "read" }, ctx);
  const what = gone.destroyed ? "was destroyed" : `was deleted at ${gone.deletion_time}`;
  const hint = gone.destroyed ? "it cannot be brought back: store it anew" : "undelete it, or name another version";
  throw new RotateError(`version ${gone.version} of ${asked.path} ${what}`, {
    code: "NOT_FOUND",
    retryable: false,
    hint,
  });
}

/** A version that is gone: 404 with a whole envelope. */
const deleted = {
  type: "object",
  properties: {
    data: {
      type: "object",
      properties: {
        metadata: {
          type: "object",
          properties: {
            version: { type: "integer" },
            destroyed: { type: "boolean" },
            deletion_time: { type: "string" },
          },
          required: ["version", "destroyed", "deletion_time"],
        },
      },
      required: ["metadata"],
    },
  },
  required: ["data"],
} as const;

function stored(data: Readonly<Record<string, unknown>>, path: string): Readonly<Record<string, unknown>> {
  const inner = data["data"];
  if (typeof inner === "object" && inner !== null && "metadata" in data)
    return inner as Readonly<Record<string, unknown>>;
  throw new RotateError(`${path} is no secret of engine version 2`, {
    code: "INVALID",
    retryable: false,
    hint: 'set `engine: "1"`, or correct the mount',
  });
}
