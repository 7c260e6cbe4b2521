import { httpRefusal, RotateError, type HttpAnswer } from "@rotate/plugin-kit";
import { readAs } from "../envelope.ts";
import { explainDenied } from "../denied.ts";
import { refusal } from "../refusal.ts";
import { send } from "../wire.ts";
import { dataPath, type KvContext, type KvEngine } from "./options.ts";
import { said, writeRefusals } from "./refusals.ts";

/** What stands at the path. */
export interface Stored {
  readonly engine: KvEngine;
  /** Undefined: there is no secret, or its newest version is deleted. */
  readonly data: Readonly<Record<string, unknown>> | undefined;
  /** Of the newest version, deleted or not; 0 without one, and with engine 1. */
  readonly version: number;
  /** Somebody wrote down that rotate writes here. */
  readonly marked: boolean;
  /** How long the server keeps a version, milliseconds; undefined: until there are too many. */
  readonly keptFor: number | undefined;
}

const metadata = {
  type: "object",
  properties: {
    version: { type: "integer", minimum: 0 },
    created_time: { type: "string" },
    deletion_time: { type: "string" },
  },
  required: ["version"],
} as const;
const about = {
  type: "object",
  properties: { data: { type: "object", properties: { metadata }, required: ["metadata"] } },
  required: ["data"],
} as const;
const live = {
  type: "object",
  properties: { data: { type: "object", properties: { data: { type: "object" } }, required: ["data"] } },
  required: ["data"],
} as const;
const custom = { type: "object", properties: { "managed-by": { const: "rotate" } }, required: ["managed-by"] } as const;
const ours = {
  type: "object",
  properties: {
    data: {
      type: "object",
      properties: {
        metadata: { type: "object", properties: { custom_metadata: custom }, required: ["custom_metadata"] },
      },
      required: ["metadata"],
    },
  },
  required: ["data"],
} as const;
const one = { type: "object", properties: { data: { type: "object" } }, required: ["data"] } as const;
const empty = {
  type: "object",
  properties: { errors: { type: "array", items: { type: "string" }, maxItems: 0 } },
  required: ["errors"],
} as const;

/** Reads the secret. A missing one is no error; every other refusal is, and a 403 names what the policy lacks. */
export async function readStored(engine: KvEngine, ctx: KvContext): Promise<Stored> {
  const asked = { verb: "GET", path: dataPath(ctx, engine), token: ctx.login.token } as const;
  const answer = await send(ctx, asked);
  if (answer.status === 404) return gone(engine, answer) ?? (await refused());
  if (!answer.ok) return refused();
  return engine === "kv1"
    ? { engine, data: readAs(answer, one).data, version: 0, marked: false, keptFor: undefined }
    : storedTwo(answer);

  async function refused(): Promise<never> {
    throw await explainDenied(refusal(asked, answer), { path: asked.path, capability: "read" }, ctx);
  }
}

/** A deleted version is a 404 with its metadata; nothing at all is a 404 with an empty list of errors. Anything else is another trouble. */
function gone(engine: KvEngine, answer: HttpAnswer): Stored | undefined {
  const nothing = { engine, data: undefined, version: 0, marked: false, keptFor: undefined };
  if (answer.tryJson(empty) !== undefined) return nothing;
  return engine === "kv2" && answer.tryJson(about) !== undefined ? storedTwo(answer) : undefined;
}

function storedTwo(answer: HttpAnswer): Stored {
  const { version, created_time = "", deletion_time = "" } = readAs(answer, about).data.metadata;
  const data = answer.ok ? readAs(answer, live).data.data : undefined;
  const kept = Date.parse(deletion_time) - Date.parse(created_time);
  return {
    engine: "kv2",
    data,
    version,
    marked: answer.tryJson(ours) !== undefined,
    keptFor: data !== undefined && Number.isFinite(kept) ? kept : undefined,
  };
}

/** By key: its new value, or null to take it away. */
export type Changes = Readonly<Record<string, unknown>>;

const written = {
  type: "object",
  properties: { data: { type: "object", properties: { version: { type: "integer" } }, required: ["version"] } },
  required: ["data"],
} as const;

/**
 * Writes what stands there with these changes, and gives the new version. Engine 2: only over the version that was read. Other members are sent back as they were; one that would
 * not survive is refused: the server's own merge (PATCH) does not keep it either (OpenBao 2.7.2 makes 12345678901234567000 of 12345678901234567890).
 */
export async function change(stored: Stored, changes: Changes, ctx: KvContext): Promise<number> {
  const { engine, data = {}, version } = stored;
  const path = dataPath(ctx, engine);
  refuseUnwritable(stored, ctx);
  const merged = Object.fromEntries(Object.entries({ ...data, ...changes }).filter(([, value]) => value !== null));
  const json = engine === "kv1" ? merged : { options: { cas: version }, data: merged };
  const answer = await send(ctx, { verb: "POST", path, json, token: ctx.login.token });
  if (answer.ok) return engine === "kv1" ? 0 : readAs(answer, written).data.version;
  const message = `cannot write ${path}: ${said(answer)}`;
  const error = httpRefusal(writeRefusals, answer, { message, said: said(answer) });
  throw await explainDenied(error, { path, capability: "update" }, ctx);
}

/** Does it come back from JSON.parse and JSON.stringify as what it was? Whole numbers beyond 2^53 do not. */
function survives(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) || !Number.isInteger(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(survives);
}

/** Throws INVALID for a secret that could not be written without changing what others keep there. */
export function refuseUnwritable({ engine, data = {} }: Stored, ctx: KvContext): void {
  if (!Object.values(data).every(survives)) throw unwritable(dataPath(ctx, engine));
}

function unwritable(path: string): RotateError {
  return new RotateError(`${path} holds a number that would be changed by writing the secret again`, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "keep it in a secret of its own, or as text",
  });
}
