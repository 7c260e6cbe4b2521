import { isSecret, type Fields, type FieldValues, type Values } from "@rotate/plugin-kit";
import { bareFields } from "../loading/bare-fields.ts";
import type { KeptValues } from "../backend/host-notes.ts";
import { innerError } from "../rotation/errors.ts";
import { callSink, timeLimits } from "../rotation/invoke.ts";
import { wholeLease } from "../rotation/moment.ts";
import { fingerprintsOf } from "../rotation/observe.ts";
import { isSame } from "../rotation/refused.ts";
import { isReadable, type RotationDeps } from "../rotation/session.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import { endOf } from "../schedule/schedule.ts";
import type { LeaseId, LeaseState, RotationState } from "../store/state.ts";

type Texts = Readonly<Record<string, string>>;

/** The rotation whose values are looked for, and what its sinks and cache are reached by. */
export interface Looking {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
}

/** The lease that consumers are to use: the one last published. */
export function currentLease(state: RotationState): LeaseState | undefined {
  const lease = wholeLease(state);
  return lease?.phase === "live" && lease.foreign !== true && lease.dead !== true ? lease : undefined;
}

/** Before the lease `than`: the one that consumers used until then, and may use as long as it lives. */
export function leaseBefore(than: LeaseId | undefined, state: RotationState, now: number): LeaseState | undefined {
  const published = currentLease(state);
  const { issuedAt = Infinity } = state.leases[than ?? ""] ?? {};
  const earlier = Object.values(state.leases)
    .filter((lease) => lease.id !== than && isHeld(lease) && lease.issuedAt < issuedAt)
    .toSorted((one, other) => other.issuedAt - one.issuedAt);
  const last =
    published !== undefined && published.id !== than && published.issuedAt < issuedAt ? published : earlier[0];
  return last !== undefined && endOf(last) > now ? last : undefined;
}

function isHeld({ phase, exposed, foreign, dead }: LeaseState): boolean {
  return phase === "live" && exposed && foreign !== true && dead !== true;
}

/** Its values; undefined when there is none, or nobody here knows all of them. */
export async function fieldsBefore(
  than: LeaseId | undefined,
  state: RotationState,
  looking: Looking,
): Promise<Texts | undefined> {
  const { rotation, deps } = looking;
  deps.clock.observe(state.clock);
  const lease = leaseBefore(than, state, deps.clock.now());
  if (lease === undefined) return undefined;
  const needed = Object.keys(rotation.fields).filter((name) => rotation.fields[name]?.optional !== true);
  const fields = await findFields(lease, needed, looking);
  for (const [name, text] of Object.entries(fields ?? {}))
    if (rotation.fields[name]?.secret !== false) deps.runtime.masker.secret(text, name);
  return fields;
}

/** The values of a lease, from this process's memory, the sinks that hold it, or the cache; undefined when none of them has all of `needed`. */
export async function findFields(
  lease: LeaseState,
  needed: readonly string[],
  { rotation, deps }: Looking,
): Promise<Texts | undefined> {
  const minted = deps.memory.get(lease.id);
  if (minted !== undefined) return textsOf(minted);
  const kept = deps.host.cache?.read(rotation.name);
  const cached = fromCache(lease, kept, deps) ?? fromCache(lease, kept?.previous, deps);
  if (cached !== undefined) return cached;
  const inSinks = await fromSinks(lease, { rotation, deps });
  return hasAll(inSinks, needed) ? inSinks : undefined;
}

/** Do these values answer the question? One that was asked for less may have found less. */
export function hasAll(fields: Texts, needed: readonly string[]): boolean {
  return needed.every((name) => fields[name] !== undefined);
}

/** Only what the journal knows as this lease's. */
function fromCache(lease: LeaseState, kept: KeptValues | undefined, deps: RotationDeps): Texts | undefined {
  if (kept?.lease !== lease.id) return undefined;
  return isSame(lease, kept.fields, deps) ? kept.fields : undefined;
}

async function fromSinks(lease: LeaseState, { rotation, deps }: Looking): Promise<Texts> {
  const found = await Promise.all(
    rotation.sinks.filter(isReadable).map((sink) => fromSink(sink, lease, { rotation, deps })),
  );
  return Object.assign({}, ...found) as Texts;
}

/** The fields that stand bare in a sink, if it holds exactly this lease. */
async function fromSink(sink: SinkEntry, lease: LeaseState, { deps }: Looking): Promise<Texts> {
  const bare = bareFields(sink);
  if (bare.length === 0) return {};
  const values = await readValues(sink, deps);
  const expected = lease.sinkFingerprints[sink.id] ?? {};
  const seen = fingerprintsOf(values, deps.fingerprint, Object.values(expected)[0]);
  const holds = Object.keys(sink.values).every((key) => seen[key] !== undefined && seen[key] === expected[key]);
  if (!holds) return {};
  return Object.fromEntries(bare.map(([key, field]) => [field, values[key]?.reveal() ?? ""]));
}

/** What cannot be read gives nothing. */
async function readValues(sink: SinkEntry, deps: RotationDeps): Promise<Values> {
  try {
    return await callSink({ deps, sink }, { timeout: timeLimits.read }, (ctx) =>
      sink.part.read!(Object.keys(sink.values), ctx),
    );
  } catch (error) {
    const { message } = innerError(error);
    deps.runtime.log.debug("a sink could not be read for its credential", { target: sink.target, error: message });
    return {};
  }
}

/** Minted values as plain texts. */
export function textsOf(fields: FieldValues<Fields>): Texts {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]),
  );
}
