import type { Values } from "@rotate/plugin-kit";
import type { SinkEntry } from "../spec/model.ts";
import type { Fingerprint } from "../store/fingerprint.ts";
import type { Holding, RotationState, SinkFingerprints } from "../store/state.ts";
import { callPart, timeLimits } from "./invoke.ts";
import { failureOf } from "./errors.ts";
import { isReadable, type RotationDeps, type Session } from "./session.ts";

/** What was seen of one sink: its holding, or that it could not be read. */
export type Observation = { readonly holding: Holding } | { readonly unreadable: string };

/** Reads every sink that can be read and journals what it holds. Returns the ids of those that could not be read. */
export async function observeAll(session: Session): Promise<ReadonlySet<string>> {
  const readable = session.rotation.sinks.filter(isReadable);
  const seen = await Promise.all(
    readable.map(async (sink) => [sink.id, await look(session.deps, sink, session.state())] as const),
  );
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
  const observation = await look(session.deps, sink, session.state());
  if ("holding" in observation && differs(session.state(), { [sink.id]: observation.holding })) {
    await session.journal({ type: "observed", holdings: { [sink.id]: observation.holding } });
  }
  return observation;
}

/** Reads one sink and changes nothing. */
export async function look(deps: RotationDeps, sink: SinkEntry, state: RotationState): Promise<Observation> {
  const keys = Object.keys(sink.values);
  if (!isReadable(sink)) return { unreadable: `sink ${sink.type} ${sink.target} cannot be read` };
  try {
    const values = await callPart(
      { runtime: deps.runtime, bound: { ...sink, kind: "sink" } },
      { timeout: timeLimits.read },
      (ctx) => sink.part.read!(keys, ctx),
    );
    return { holding: classify(fingerprintsOf(values, deps.fingerprint), { keys, sink: sink.id, state }) };
  } catch (error) {
    const { report } = failureOf(error, { phase: "observe" });
    return { unreadable: `${report.message} (${sink.target}): what it holds is not known` };
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
