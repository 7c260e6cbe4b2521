import { Secret, type Values } from "@rotate/plugin-kit";
import type { Masker } from "../runtime/types.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import type { Fingerprint } from "../store/fingerprint.ts";
import type { Holding, RotationState, SinkFingerprints } from "../store/state.ts";
import { callPart, timeLimits } from "./invoke.ts";
import { failureOf } from "./errors.ts";
import { isPublic } from "./render.ts";
import { isReadable, type Session } from "./session.ts";

/** What was seen of one sink: its holding, or that it could not be read. */
export type Observation = { readonly holding: Holding } | { readonly unreadable: string };

/** Reads every sink that can be read and journals what it holds. Returns the ids of those that could not be read. */
export async function observeAll(session: Session): Promise<ReadonlySet<string>> {
  const readable = session.rotation.sinks.filter(isReadable);
  const seen = await Promise.all(readable.map(async (sink) => [sink.id, await look(session, sink)] as const));
  const holdings: Record<string, Holding> = {};
  const unreadable = new Set<string>();
  for (const [id, observation] of seen) {
    if ("holding" in observation) holdings[id] = observation.holding;
    else {
      unreadable.add(id);
      session.warn(observation.unreadable);
    }
  }
  if (differs(session.state(), holdings)) await session.journal({ type: "observed", holdings });
  return unreadable;
}

/** Reads one sink and journals it. */
export async function observeOne(session: Session, sink: SinkEntry): Promise<Observation> {
  const observation = await look(session, sink);
  if ("holding" in observation && differs(session.state(), { [sink.id]: observation.holding })) {
    await session.journal({ type: "observed", holdings: { [sink.id]: observation.holding } });
  }
  return observation;
}

/** Whose sink it is. */
export type Looking = Pick<Session, "deps" | "rotation" | "state">;

/** What a sink holds, key by key, and as a whole. */
export interface SinkContent {
  readonly fingerprints: SinkFingerprints;
  readonly holding: Holding;
}

/** Reads one sink and changes nothing. */
export async function look(at: Looking, sink: SinkEntry): Promise<Observation> {
  if (!isReadable(sink)) return { unreadable: `sink ${sink.type} ${sink.target} cannot be read` };
  try {
    return { holding: (await readSink(at, sink)).holding };
  } catch (error) {
    const { report } = failureOf(error, { phase: "observe" });
    return { unreadable: `${report.message} (${sink.target}): what it holds is not known` };
  }
}

/** Reads a sink that can be read. Throws what its `read` throws. */
export async function readSink({ deps, rotation, state }: Looking, sink: SinkEntry): Promise<SinkContent> {
  const keys = Object.keys(sink.values);
  const bound = { ...sink, kind: "sink" };
  const values = await callPart({ runtime: deps.runtime, bound }, { timeout: timeLimits.read }, (ctx) =>
    sink.part.read!(keys, { ...ctx, secret: (text, name) => new Secret(text, name) }),
  );
  const fingerprints = fingerprintsOf(values, deps.fingerprint);
  const holding = classify(fingerprints, { keys, sink: sink.id, state: state() });
  maskSeen(values, { sink, rotation, explained: holding in state().leases, masker: deps.runtime.masker });
  return { fingerprints, holding };
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
export function fingerprintsOf(values: Values, fingerprint: Fingerprint): SinkFingerprints {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fingerprint(value.reveal())]));
}

/** Which lease a sink holds, judged by every key; the lease at work and the settled one are asked first. */
export function classify(
  seen: SinkFingerprints,
  { keys, sink, state }: { readonly keys: readonly string[]; readonly sink: string; readonly state: RotationState },
): Holding {
  if (Object.keys(seen).length === 0) return "absent";
  const first = [state.attempt?.lease, state.owed?.lease, state.settled].flatMap((id) =>
    id === undefined ? [] : [state.leases[id]],
  );
  const rest = Object.values(state.leases).toSorted((a, b) => b.issuedAt - a.issuedAt);
  const holds = [...first, ...rest].find((lease) => {
    const expected = lease?.gone === "merged" ? undefined : lease?.sinkFingerprints[sink];
    return expected !== undefined && keys.every((key) => expected[key] !== undefined && expected[key] === seen[key]);
  });
  return holds?.id ?? "foreign";
}

/** Would this observation change what the state knows? */
export function differs(state: RotationState, holdings: Readonly<Record<string, Holding>>): boolean {
  return Object.entries(holdings).some(([id, holding]) => {
    const may = state.sinks[id]?.may ?? [];
    return may.length !== 1 || may[0] !== holding;
  });
}
