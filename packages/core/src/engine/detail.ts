import type { ObjectSchema, Schema } from "@rotate/plugin-kit";
import { describeSource, formatDuration, isReference } from "@rotate/runtime";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import type { DetailReport } from "../history-report.ts";
import type { RotationStatus, StatusReport } from "../report.ts";
import { driftOf, type Drift } from "../rotation/drift.ts";
import { instant } from "../rotation/describe.ts";
import { presentAt } from "../schedule/clock.ts";
import type { RotationState } from "../store/state.ts";
import { causesOf, withCauses } from "./causes.ts";
import { namesElsewhere } from "./elsewhere.ts";
import { knownRotations } from "./held-back.ts";
import { orphansOf } from "./orphans.ts";
import { actionOf } from "./plan-parts.ts";
import { status, type EngineParts } from "./reports.ts";

/** How much of the past is told. */
export interface DetailOptions {
  /** Attempts and events, each. Default 50. */
  readonly limit?: number;
  /** Only what began before this instant, RFC 3339. */
  readonly before?: string;
  /** A daemon keeps it: see the same of `status`. */
  readonly byDaemon?: boolean;
}

/** One rotation, of the spec, of another machine or only of the state, with all that is known of it. Undefined when nobody knows the name. */
export async function detailOf(
  parts: EngineParts,
  name: string,
  { limit = 50, before, byDaemon = false }: DetailOptions = {},
): Promise<DetailReport | undefined> {
  const { spec, deps } = parts;
  const { rotations, causes } = await statusOfOne(parts, name, byDaemon);
  const one = rotations.find((each) => each.name === name);
  if (one === undefined) return undefined;
  const rotation = spec.rotations.find((each) => each.name === name);
  const state = await deps.store.load(name);
  const query = { rotation: name, limit, ...(before !== undefined && { before }) };
  const [attempts, events] = await Promise.all([deps.store.attempts(query), deps.store.events(query)]);
  const about = rotation === undefined ? {} : partsOf(rotation, state);
  return { version: 1, at: instant(presentAt(deps.clock)), rotation: { ...one, ...about }, causes, attempts, events };
}

async function statusOfOne(
  parts: EngineParts,
  name: string,
  byDaemon: boolean,
): Promise<Pick<StatusReport, "rotations" | "causes">> {
  const { written, deps } = parts;
  const known = (await knownRotations(parts)).map((one) => one.name);
  const isKnown = known.includes(name) || (await namesElsewhere({ written, peers: deps.peers })).includes(name);
  if (isKnown) return status(parts, { names: [name], byDaemon });
  const rotations = (await orphansOf(parts)).filter((orphan) => orphan.name === name);
  const causes = causesOf(rotations);
  return { rotations: withCauses(rotations, causes), causes };
}

type About = Omit<DetailReport["rotation"], keyof RotationStatus>;

function partsOf(rotation: Rotation, state: RotationState): About {
  const drift = driftOf(rotation, state);
  const isOwed = state.owed?.kind === "reload";
  return {
    request: requestOf(rotation),
    sinks: rotation.sinks.map((sink) => ({
      type: sink.type,
      target: sink.target,
      keys: Object.keys(sink.values),
      result: resultOf(sink, state, drift),
    })),
    reloads: rotation.reloads.map((reload) => ({
      ...actionOf(reload),
      ...(reload.name !== undefined && { name: reload.name }),
      owed: isOwed,
    })),
    verify: rotation.verify.map(actionOf),
    health: rotation.health.map(actionOf),
  };
}

type SinkResult = NonNullable<About["sinks"]>[number]["result"];

function resultOf({ id, part }: SinkEntry, state: RotationState, drift: Drift | undefined): SinkResult {
  if ((state.sinks[id]?.may.length ?? 0) === 0) return "pending";
  const drifted = drift?.keys.filter(({ sink }) => sink === id) ?? [];
  if (drifted.length > 0) return drifted.every(({ kind }) => kind === "absent") ? "absent" : "changed";
  return part.read === undefined ? "unknown" : "written";
}

/** What it says without secrets and without what goes without saying, in words; what is more than a word or a list of words is left out. */
function requestOf({ request, provider, ttl }: Rotation): Readonly<Record<string, string>> {
  const schemas: ObjectSchema["properties"] = provider.part.request?.properties ?? {};
  const told = Object.entries(request).flatMap(([key, value]) => {
    const schema = schemas[key];
    const isLeftOut = schema !== undefined && (isSecret(schema) || ("default" in schema && schema.default === value));
    const text = isLeftOut ? undefined : textOf(value, schema);
    return text === undefined ? [] : [[key, text] as const];
  });
  return { ...Object.fromEntries(told), ...(ttl !== undefined && { ttl: formatDuration(ttl) }) };
}

function isSecret(schema: Schema): boolean {
  return "secret" in schema && schema.secret;
}

function textOf(value: unknown, schema: Schema | undefined): string | undefined {
  if (isReference(value)) return describeSource(value.source);
  if (typeof value === "number" && schema !== undefined && "format" in schema && schema.format === "duration")
    return formatDuration(value);
  if (Array.isArray(value)) return value.every(isWord) ? value.join(", ") : undefined;
  return isWord(value) ? String(value) : undefined;
}

function isWord(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
