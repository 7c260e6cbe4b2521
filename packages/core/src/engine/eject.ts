import { withClaim } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import type { Secret, Values } from "@rotate/plugin-kit";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import { innerError, failureOf } from "../rotation/errors.ts";
import { callPart, timeLimits } from "../rotation/invoke.ts";
import { prepareSink, tidyUp } from "../rotation/phases/prepare.ts";
import { runProbes } from "../rotation/probes.ts";
import { commitOrder, openSession, type RotationDeps, type Session, type SinkWrite } from "../rotation/session.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import { endOfHeld } from "../rotation/moment.ts";
import { instantAt } from "../rotation/describe.ts";

/** What stays where, and until when it works. */
export interface EjectReport {
  readonly version: 1;
  readonly name: string;
  readonly sinks: readonly {
    readonly type: string;
    readonly target: string;
    readonly keys: readonly string[];
    readonly result: "written" | "unchanged" | "left";
  }[];
  /** The end of what stays, when it has one. */
  readonly expiresAt?: string;
}

/** Values by destination key: they stand in for the credential in every sink that has the key. */
export type EjectValues = ReadonlyMap<string, Secret>;

/** Writes the given values through the rotation's own sinks, then reloads and asks its health. What was written is put back when a later step fails. */
export async function ejectTo(
  values: EjectValues,
  target: { readonly rotation: Rotation; readonly deps: RotationDeps },
): Promise<EjectReport> {
  refuseUnknownKeys(values, target.rotation);
  const { rotation, deps } = target;
  return withClaim(deps.claims, rotation.name, async (claim) => {
    const session = openSession({ rotation, deps, claim, signal: new AbortController().signal });
    const writes = await writeAll(session, values);
    await reloadAll(session, writes);
    return reportOf(session, writes);
  });
}

/** Without values: nothing is changed, only said. */
export async function describeEject({
  rotation,
  deps,
}: {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
}): Promise<EjectReport> {
  const state = await deps.store.load(rotation.name);
  deps.clock.observe(state.clock);
  const sinks = rotation.sinks.map(({ type, target, values }) => ({
    type,
    target,
    keys: Object.keys(values),
    result: "left" as const,
  }));
  return { version: 1, name: rotation.name, sinks, ...instantAt("expiresAt", endOfHeld({ state }), deps.clock) };
}

function refuseUnknownKeys(values: EjectValues, rotation: Rotation): void {
  const known = new Set(rotation.sinks.flatMap((sink) => Object.keys(sink.values)));
  const unknown = [...values.keys()].filter((key) => !known.has(key));
  const missing = [...known].filter((key) => !values.has(key));
  if (unknown.length === 0 && missing.length === 0) return;
  const what =
    unknown.length > 0
      ? `${rotation.name} writes no key ${unknown.join(", ")}`
      : `no value is given for ${missing.join(", ")}`;
  throw new EngineError(what, {
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: `give a value for each of: ${[...known].join(", ")}`,
  });
}

async function writeAll(session: Session, values: EjectValues): Promise<readonly SinkWrite[]> {
  const scope = { fields: {}, lease: { issuedAt: "", expiresAt: "never" } };
  const writes: SinkWrite[] = [];
  try {
    for (const sink of commitOrder(session.rotation))
      writes.push(await prepareSink(session, sink, { values: new Map([[sink.id, pick(sink, values)]]), scope }));
    for (const { sink, prepared } of writes.filter((write) => write.prepared.changed)) {
      await session.guard();
      await callPart(
        { runtime: session.deps.runtime, bound: { ...sink, kind: "sink" } },
        { timeout: timeLimits.commit, scope },
        (ctx) => prepared.commit(ctx),
      );
    }
    return writes;
  } catch (error) {
    await tidyUp(session, writes.toReversed());
    throw ejectError(error, "the values before stand in the sinks again");
  }
}

function pick(sink: SinkEntry, values: EjectValues): Values {
  return Object.fromEntries(Object.keys(sink.values).map((key) => [key, values.get(key)!]));
}

async function reloadAll(session: Session, writes: readonly SinkWrite[]): Promise<void> {
  const { rotation, deps } = session;
  const written = writes.map(({ sink }) => ({ type: sink.type, target: sink.target, keys: Object.keys(sink.values) }));
  const event = {
    rotation: rotation.name,
    reason: "rotated" as const,
    fingerprint: shortFingerprint(""),
    expiresAt: "never" as const,
    written,
  };
  try {
    for (const reload of rotation.reloads)
      await callPart(
        { runtime: deps.runtime, bound: { ...reload, kind: "reload" } },
        { timeout: reload.timeout },
        (ctx) => reload.part.run(event, ctx),
      );
    await runProbes(deps, rotation.health, {});
  } catch (error) {
    await tidyUp(session, writes.toReversed());
    throw ejectError(error, "the values before stand in the sinks again; reload the consumer");
  }
}

function ejectError(error: unknown, after: string): EngineError {
  const { report } = failureOf(error, { phase: "commit" });
  return new EngineError(`${report.message}; ${after}`, {
    code: report.code,
    exitCode: 1,
    cause: innerError(error),
    ...(report.hint !== undefined && { hint: report.hint }),
  });
}

function reportOf({ rotation }: Session, writes: readonly SinkWrite[]): EjectReport {
  const sinks = writes.map(({ sink, prepared }) => ({
    type: sink.type,
    target: sink.target,
    keys: Object.keys(sink.values),
    result: prepared.changed ? ("written" as const) : ("unchanged" as const),
  }));
  return { version: 1, name: rotation.name, sinks };
}
