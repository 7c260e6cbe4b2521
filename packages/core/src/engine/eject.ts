import { isSecret, Secret, type Values } from "@rotate/plugin-kit";
import { withClaim } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import { fieldsIn } from "../credential/fields-of.ts";
import { bareFields } from "../loading/bare-fields.ts";
import type { ProbeEntry, Rotation, SinkEntry } from "../loading/model.ts";
import type { SinkReport } from "../report.ts";
import { firstAttempt, runAttempt } from "../rotation/attempt.ts";
import { instant, instantAt } from "../rotation/describe.ts";
import { newLeaseId } from "../rotation/lease-id.ts";
import { endOfHeld } from "../rotation/moment.ts";
import { sweepLeftOvers, sweepUnder } from "../rotation/left-overs.ts";
import { fingerprintsOf } from "../rotation/observe.ts";
import { commitPhase } from "../rotation/phases/commit.ts";
import { preparePhase } from "../rotation/phases/prepare.ts";
import { verifyPhase } from "../rotation/phases/verify.ts";
import { recoveryPhases } from "../rotation/phases.ts";
import { recover } from "../rotation/recover.ts";
import { noteSinks } from "../rotation/rotate.ts";
import { openSession, type Attempt, type Ended, type RotationDeps, type Session } from "../rotation/session.ts";
import type { LeaseState } from "../store/state.ts";

/** What stays where, and until when it works. */
export interface EjectReport {
  readonly version: 1;
  readonly name: string;
  /** Nobody rotates it from now on, until asked by name. False: it was only said what would stay. */
  readonly ejected: boolean;
  readonly sinks: readonly {
    readonly type: string;
    readonly target: string;
    readonly keys: readonly string[];
    readonly result: "written" | "unchanged" | "left";
  }[];
  /** The end of what stays, when it has one. */
  readonly expiresAt?: string;
  /** Probes of `verify` that could not try the given values, each with why. Absent: none. */
  readonly unverified?: readonly string[];
}

/** Values by destination key: they stand in for the credential in every sink that has the key. */
export type EjectValues = ReadonlyMap<string, Secret>;

interface Target {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
}

/**
 * Publishes the given values through the rotation's own sinks, reloads and health, as a credential that was given instead of minted; from then on nobody rotates it.
 * They are tried by `verify` first, as far as they are the fields that its probes need. What was written is put back when a later step fails. Throws EngineError with the code of the phase that failed.
 */
export async function ejectTo(values: EjectValues, { rotation, deps }: Target): Promise<EjectReport> {
  refuseUnknownKeys(values, rotation);
  return withClaim(deps.claims, rotation.name, async (claim, leave) => {
    const fields = fieldsAmong(values, rotation);
    const { able, unable } = probesFor(fields, rotation);
    const given = { ...rotation, verify: able, onFailure: "rollback" as const };
    const session = openSession({ rotation: given, deps, claim, leave, signal: new AbortController().signal });
    await sweepLeftOvers(session);
    await noteSinks(session);
    await recover(session);
    const ended = await publish(session, values, fields);
    if (ended.outcome !== "rotated" && ended.outcome !== "reused") throw ejectError(ended);
    await session.journal({ type: "ejected" });
    return { ...reportOf(rotation, ended.attempt.sinks), ...(unable.length > 0 && { unverified: unable }) };
  });
}

/** The targets stay as they are; only nobody rotates them any more. */
export async function ejectInPlace({ rotation, deps }: Target): Promise<EjectReport> {
  await withClaim(deps.claims, rotation.name, async (claim) => {
    await sweepUnder(claim, { rotation, deps });
    await claim.append([{ type: "ejected" }]);
  });
  return { ...(await describeEject({ rotation, deps })), ejected: true };
}

/** Nothing is changed, only said. */
export async function describeEject({ rotation, deps }: Target): Promise<EjectReport> {
  const state = await deps.store.load(rotation.name);
  deps.clock.observe(state.clock);
  const sinks = rotation.sinks.map(({ type, target, values }) => ({
    type,
    target,
    keys: Object.keys(values),
    result: "left" as const,
  }));
  const ends = instantAt("expiresAt", endOfHeld({ state }), deps.clock);
  return { version: 1, name: rotation.name, ejected: false, sinks, ...ends };
}

/** The credential's fields that a given value is by itself, because a key holds nothing else. A field with two values is neither. */
function fieldsAmong(values: EjectValues, { sinks }: Rotation): Readonly<Record<string, string>> {
  const found = sinks.flatMap(bareFields).map(([key, field]) => [field, textOf(values.get(key)!)] as const);
  return Object.fromEntries(
    found.filter(([field, text]) => found.every(([other, its]) => other !== field || its === text)),
  );
}

/** Which probes have all the fields that they need, and what the others lack. */
function probesFor(
  fields: Readonly<Record<string, string>>,
  { verify }: Rotation,
): { readonly able: readonly ProbeEntry[]; readonly unable: readonly string[] } {
  const lacking = (probe: ProbeEntry): readonly string[] =>
    fieldsIn(probe.options).filter((field) => fields[field] === undefined);
  return {
    able: verify.filter((probe) => lacking(probe).length === 0),
    unable: verify.flatMap((probe) => {
      const missing = lacking(probe);
      return missing.length === 0 ? [] : [`${probe.type}: no given value is ${missing.join(", ")} by itself`];
    }),
  };
}

async function publish(
  session: Session,
  values: EjectValues,
  fields: Readonly<Record<string, string>>,
): Promise<Ended> {
  const { rotation, deps } = session;
  const rendered = new Map(rotation.sinks.map((sink) => [sink.id, pick(sink, values)]));
  const lease = leaseOf(session, rendered);
  await session.journal({ type: "intent", lease, why: "ejected" });
  await session.journal({ type: "minted", lease: lease.id, terms: lease });
  const attempt: Attempt = {
    ...firstAttempt(session, { why: "ejected", reason: undefined, owedOnly: false }),
    lease: lease.id,
    minted: {
      fields: {},
      values: rendered,
      scope: { fields, lease: { issuedAt: instant(deps.clock.wallAt(session.now())), expiresAt: "never" } },
    },
  };
  return runAttempt([verifyPhase, preparePhase, commitPhase, ...recoveryPhases()], session, attempt);
}

/** A lease that no provider made: nobody can revoke it, and it does not end by itself. */
function leaseOf({ deps, now }: Session, rendered: ReadonlyMap<string, Values>): LeaseState {
  const prints = [...rendered].map(([id, values]) => [id, fingerprintsOf(values, deps.fingerprint)] as const);
  const texts = [...rendered.values()].flatMap((values) =>
    Object.entries(values).map(([key, value]) => [key, textOf(value)]),
  );
  return {
    id: newLeaseId(),
    phase: "live",
    exposed: false,
    dropped: false,
    lastDoubtAt: 0,
    issuedAt: now(),
    asOf: now(),
    expiresAt: null,
    given: null,
    span: null,
    renewable: false,
    fingerprint: deps.fingerprint(JSON.stringify(texts)),
    sinkFingerprints: Object.fromEntries(prints),
    jitter: 0,
    provider: "",
  };
}

function textOf(value: Secret | string): string {
  return isSecret(value) ? value.reveal() : value;
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

function pick(sink: SinkEntry, values: EjectValues): Values {
  return Object.fromEntries(Object.keys(sink.values).map((key) => [key, values.get(key)!]));
}

function ejectError({ failure, reason, rolledBack, attempt }: Ended): EngineError {
  const after = afterwards(attempt.sinks, rolledBack === true);
  return new EngineError(`${failure?.report.message ?? reason}; ${after}`, {
    code: failure?.report.code ?? "ROTATE_EJECT_FAILED",
    exitCode: 1,
    ...(failure?.report.hint !== undefined && { hint: failure.report.hint }),
  });
}

function reportOf({ name, sinks }: Rotation, results: readonly SinkReport[]): EjectReport {
  const written = sinks.map(({ type, target, values }) => {
    const result = results.find((sink) => sink.type === type && sink.target === target)?.result;
    return {
      type,
      target,
      keys: Object.keys(values),
      result: result === "written" ? ("written" as const) : ("unchanged" as const),
    };
  });
  return { version: 1, name, ejected: true, sinks: written };
}

function afterwards(sinks: Attempt["sinks"], rolledBack: boolean): string {
  if (sinks.every(({ result }) => result === "not-run" || result === "failed")) return "nothing was written";
  const restored = rolledBack || sinks.every(({ result }) => result !== "written" && result !== "unknown");
  return restored ? "the values before stand in the sinks again" : "`rotate run` goes on from here";
}
