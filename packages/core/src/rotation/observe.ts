import { isDeepStrictEqual } from "node:util";
import { Secret, type Values } from "@rotate/plugin-kit";
import type { Masker } from "@rotate/runtime";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import type { ClockNote } from "../schedule/clock.ts";
import { keyOf, type Fingerprint } from "../store/fingerprint.ts";
import {
  type Holding,
  type LeaseState,
  type RotationState,
  type SinkDrift,
  type SinkFingerprints,
} from "../store/state.ts";
import { mayWith, postponed } from "../store/pending.ts";
import type { JournalRecord } from "../store/records.ts";
import { callSink, timeLimits } from "./invoke.ts";
import { failureOf } from "./errors.ts";
import { isPublic } from "./render.ts";
import { isReadable, type Session } from "./session.ts";

/** What was seen of one sink: its holding, or that it could not be read. */
export type Observation = SinkSeen | { readonly unreadable: string };

/** What a look at a sink that can be read found. */
export interface SinkSeen {
  readonly holding: Holding;
  /** Which keys are not as the settled lease has them, when the whole is foreign. */
  readonly drift?: SinkDrift;
}

/** Reads every sink that can be read, but for those in doubt, and journals what it holds. Returns the ids of those of which nothing is known now. */
export async function observeAll(
  session: Session,
  inDoubt: ReadonlySet<string> = new Set(),
): Promise<ReadonlySet<string>> {
  const readable = session.rotation.sinks.filter((sink) => isReadable(sink) && !inDoubt.has(sink.id));
  const seen = await Promise.all(readable.map(async (sink) => [sink.id, await look(session, sink)] as const));
  const known: Record<string, SinkSeen> = {};
  const unreadable = new Set(inDoubt);
  for (const [id, observation] of seen) {
    if ("holding" in observation) known[id] = observation;
    else {
      unreadable.add(id);
      session.warn(observation.unreadable);
    }
  }
  await journalSeen(session, known);
  return unreadable;
}

/** Reads one sink and journals it. */
export async function observeOne(session: Session, sink: SinkEntry): Promise<Observation> {
  const observation = await look(session, sink);
  if ("holding" in observation) await journalSeen(session, { [sink.id]: observation });
  return observation;
}

/** Journals what was seen, when it is news. */
export async function journalSeen(session: Session, seen: Readonly<Record<string, SinkSeen>>): Promise<void> {
  if (differs(session.state(), seen, session.deps.clock.note())) await session.journal(observedOf(seen));
}

/** The record of what was seen, by sink. */
export function observedOf(seen: Readonly<Record<string, SinkSeen>>): JournalRecord {
  const entries = Object.entries(seen);
  const drift = Object.fromEntries(entries.flatMap(([id, { drift: keys }]) => (keys ? [[id, keys]] : [])));
  return {
    type: "observed",
    holdings: Object.fromEntries(entries.map(([id, { holding }]) => [id, holding])),
    ...(Object.keys(drift).length > 0 && { drift }),
  };
}

/** Whose sink it is. */
export interface Looking extends Pick<Session, "deps" | "rotation" | "state"> {
  /** The values go no further than their fingerprints, and nothing runs that could print them: they need not be masked. */
  readonly onlyCompares?: boolean;
}

/** What a sink holds, key by key, and as a whole. */
export interface SinkContent extends SinkSeen {
  readonly prints: Prints;
}

/** What stands in a sink as fingerprints, each made like the one that it is compared with. */
export type Prints = (like?: SinkFingerprints) => SinkFingerprints;

/** Reads one sink and changes nothing. */
export async function look(at: Looking, sink: SinkEntry): Promise<Observation> {
  if (!isReadable(sink)) return { unreadable: `sink ${sink.type} ${sink.target} cannot be read` };
  try {
    const { holding, drift } = await readSink(at, sink);
    return { holding, ...(drift && { drift }) };
  } catch (error) {
    const { report } = failureOf(error, { phase: "observe" });
    return { unreadable: `${report.message} (${sink.target}): what it holds is not known` };
  }
}

/** Reads a sink that can be read. Throws what its `read` throws. */
export async function readSink(
  { deps, rotation, state, onlyCompares = false }: Looking,
  sink: SinkEntry,
): Promise<SinkContent> {
  const keys = Object.keys(sink.values);
  const values = await callSink({ deps, sink }, { timeout: timeLimits.read }, (ctx) =>
    sink.part.read!(keys, { ...ctx, secret: (text, name) => new Secret(text, name) }),
  );
  const prints = printsOf(values, deps.fingerprint);
  const holding = classify(prints, { keys, sink: sink.id, state: state() });
  if (!onlyCompares)
    maskSeen(values, { sink, rotation, explained: holding in state().leases, masker: deps.runtime.masker });
  const drift = holding === "foreign" ? driftIn(prints, { keys, sink: sink.id, state: state() }) : undefined;
  return { prints, holding, ...(drift && { drift }) };
}

/** Which keys are gone, and which are not what the settled lease has there. */
function driftIn(
  prints: Prints,
  { keys, sink, state }: { readonly keys: readonly string[]; readonly sink: string; readonly state: RotationState },
): SinkDrift | undefined {
  const expected = state.leases[state.settled ?? ""]?.sinkFingerprints[sink];
  if (expected === undefined) return undefined;
  const seen = prints(expected);
  const absent = keys.filter((key) => seen[key] === undefined);
  return { absent, changed: keys.filter((key) => seen[key] !== undefined && seen[key] !== expected[key]) };
}

/** What was read is masked, except values of ours that are no secrets: a stranger's value may be anything. */
function maskSeen(
  values: Values,
  about: { sink: SinkEntry; rotation: Rotation; explained: boolean; masker: Masker },
): void {
  const { sink, rotation, explained, masker } = about;
  for (const [key, value] of Object.entries(values)) {
    const template = sink.values[key];
    if (explained && template && isPublic(template, rotation.fields)) masker.exempt(value.reveal());
    else masker.secret(value.reveal(), key);
  }
}

/** The keyed fingerprint of each value. */
export function fingerprintsOf(values: Values, fingerprint: Fingerprint, like?: string): SinkFingerprints {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fingerprint(value.reveal(), like)]));
}

/** Once for each key of the ring that is asked for. */
function printsOf(values: Values, fingerprint: Fingerprint): Prints {
  const made = new Map<string | undefined, SinkFingerprints>();
  return (expected = {}) => {
    const [like] = Object.values(expected);
    const key = like === undefined ? undefined : keyOf(like);
    const known = made.get(key) ?? fingerprintsOf(values, fingerprint, like);
    made.set(key, known);
    return known;
  };
}

/** Which lease a sink holds, judged by every key; the lease at work and the settled one are asked first. */
export function classify(
  prints: Prints,
  { keys, sink, state }: { readonly keys: readonly string[]; readonly sink: string; readonly state: RotationState },
): Holding {
  if (Object.keys(prints()).length === 0) return "absent";
  const first = [state.attempt?.lease, state.owed?.lease, state.settled].flatMap((id) =>
    id === undefined ? [] : [state.leases[id]],
  );
  function isHeld(lease: LeaseState | undefined): boolean {
    const expected = lease?.gone === "merged" ? undefined : lease?.sinkFingerprints[sink];
    if (expected === undefined) return false;
    const seen = prints(expected);
    return keys.every((key) => expected[key] !== undefined && expected[key] === seen[key]);
  }
  const holds =
    first.find(isHeld) ??
    Object.values(state.leases)
      .filter(isHeld)
      .toSorted((a, b) => b.issuedAt - a.issuedAt)[0];
  return holds?.id ?? "foreign";
}

/** Would this change what the state knows? */
export function differs(state: RotationState, seen: Readonly<Record<string, SinkSeen>>, clock: ClockNote): boolean {
  const { sinks } = postponed(state, clock);
  return Object.entries(seen).some(([id, { holding, drift }]) => {
    const sink = sinks[id];
    const expected = mayWith(sink, [holding], clock.time);
    const may = sink?.may ?? [];
    const isSame = may.length === expected.length && expected.every((one) => may.includes(one));
    return !isSame || !isDeepStrictEqual(sink?.drift, drift);
  });
}
