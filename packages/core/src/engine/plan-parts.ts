/** What a plan says of reloads and probes, and of what left the spec. Pure. */
import type { ObjectSchema, Schema } from "@rotate/plugin-kit";
import { formatDuration } from "@rotate/runtime";
import { engineKeys } from "../loading/engine-keys.ts";
import type { Bound, Rotation } from "../loading/model.ts";
import type { PlanAction, PlanDrop } from "../plan-report.ts";
import { instantAt } from "../rotation/describe.ts";
import type { Moment } from "../rotation/moment.ts";
import type { RotationClock } from "../schedule/clock.ts";
import { liveLeases, type RotationState, type SinkState } from "../store/state.ts";

type Action = Bound<{ readonly options: ObjectSchema }> & { readonly within?: number };

/** A reload or probe by what it acts on. */
export function actionOf(action: Action): PlanAction {
  const { type, part, options, within } = action;
  const words = Object.entries(part.options.properties ?? {}).flatMap(([key, schema]) => {
    const isNeeded = part.options.required?.includes(key) === true;
    const text = isOwn(key) || isSecretOption(schema) ? undefined : textOf(options[key], schema);
    return text === undefined ? [] : [isNeeded ? text : `${key} ${text}`];
  });
  const all = within === undefined ? words : [...words, `within ${formatDuration(within)}`];
  return { type, ...(all.length > 0 && { target: all.join(" ") }) };
}

/** Is it obeyed by the engine, whatever the type? */
function isOwn(key: string): boolean {
  return Object.hasOwn(engineKeys.reloads, key) || Object.hasOwn(engineKeys.probes, key);
}

function isSecretOption(schema: Schema): boolean {
  return "secret" in schema && schema.secret;
}

/** Undefined for what was not said, and for what is more than a word or a list of words. */
function textOf(value: unknown, schema: Schema): string | undefined {
  if ("default" in schema && schema.default === value) return undefined;
  if (Array.isArray(value)) return value.every(isWord) ? value.map(quoted).join(" ") : undefined;
  return isWord(value) ? String(value) : undefined;
}

function isWord(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function quoted(word: string | number | boolean): string {
  const text = String(word);
  return /^[^\s'"]+$/.test(text) ? text : `'${text}'`;
}

/** What was written and is not in the spec any more, while it may hold a credential that lives. */
export function droppedOf({ rotation, state }: Moment, clock: Pick<RotationClock, "wallAt">): readonly PlanDrop[] {
  const present = new Set(rotation.sinks.map(({ id }) => id));
  return Object.values(state.sinks)
    .filter(({ id }) => !present.has(id))
    .flatMap((sink) => {
      const keys = keysLeft(sink, rotation);
      const leases = liveLeases(state).filter(({ id }) => sink.may.includes(id));
      if (keys.length === 0 || leases.length === 0) return [];
      return [{ type: sink.type, target: sink.target, keys, ...instantAt("expiresAt", lastEnd(leases), clock) }];
    });
}

function lastEnd(leases: readonly RotationState["leases"][string][]): number {
  return Math.max(...leases.map(({ expiresAt }) => expiresAt ?? Infinity));
}

/** Its keys that no sink of the spec writes at the same place. */
function keysLeft({ type, target, keys }: SinkState, { sinks }: Rotation): readonly string[] {
  const same = sinks.filter((sink) => sink.type === type && sink.target === target);
  const written = new Set(same.flatMap(({ values }) => Object.keys(values)));
  return same.length > 0 && keys.length === 0 ? [] : keys.filter((key) => !written.has(key));
}
