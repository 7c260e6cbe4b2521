import type { Claim } from "../backend/claim.ts";
import { keepCurrent } from "../credential/keep-current.ts";
import type { RotationReport } from "../report.ts";
import type { Rotation } from "../loading/model.ts";
import { decide, type Decision } from "./decide.ts";
import { firstAttempt, runAttempt } from "./attempt.ts";
import { noteFailure } from "./failure.ts";
import { sweepLeftOvers } from "./left-overs.ts";
import { momentOf, type Asked } from "./moment.ts";
import { recoveryPhases, rotationPhases } from "./phases.ts";
import { prove } from "./prove.ts";
import { reasonText } from "./reason.ts";
import { recover } from "./recover.ts";
import { renew } from "./renew.ts";
import { retire, warnOfMany } from "./retire.ts";
import { openSession, type Attempt, type Ended, type RotationDeps, type Session } from "./session.ts";
import { standing } from "./standing.ts";
import type { Wellbeing } from "./reload-groups.ts";
import { reportVisit } from "./visit-report.ts";

/** Who asks for the rotation, and when to stop. */
export interface RotateOptions extends Asked {
  /** No new phase begins; what has begun is finished or undone. */
  readonly signal: AbortSignal;
}

/** A rotation that this process has the claim on. */
export interface Claimed extends Pick<Session, "rotation" | "deps" | "leave"> {
  readonly claim: Claim;
}

/** One rotation under a claim: recover, decide and act until nothing is left to do, retire. Never throws for what a plugin did; throws EngineError when the state or the claim is lost. */
export async function rotate(
  { rotation, deps: given, claim, leave }: Claimed,
  { signal, ...asked }: RotateOptions,
): Promise<RotationReport> {
  const deps = withHelpers(rotation, given);
  const started = deps.runtime.now();
  const session = openSession({ rotation, deps, claim, leave, signal });
  await sweepLeftOvers(session);
  await noteSinks(session);
  await recover(session);
  await prove(session);
  const { ended, decision } = await actInTurn(session, asked);
  await keepCurrent(session);
  await retire(session);
  warnOfMany(session);
  deps.entries?.waits(rotation.provider.name, rotation.name, session.state().failure !== undefined);
  const moment = momentOf({ rotation, deps }, session.state(), { cadence: asked.cadence });
  return reportVisit(session, { ended, decision, moment, standing: standing(moment), started });
}

/** A consumer that is not shown to be well after its reload keeps its turn: nobody else of its group goes on. */
async function actInTurn(session: Session, asked: Asked): ReturnType<typeof actAll> {
  let how: Wellbeing = "unknown";
  try {
    const done = await actAll(session, asked);
    how = session.state().owed?.kind === "reload" ? "unwell" : "well";
    return done;
  } finally {
    await session.group.leave(how);
  }
}

/** So many actions at one visit: an owed reload, a renewal that gave too little, a mint. */
const mostActions = 3;

/** All that is due now, not one action: an owed reload that succeeded may leave a renewal to do. */
async function actAll(
  session: Session,
  asked: Asked,
): Promise<{ readonly ended: Ended | undefined; readonly decision: Decision }> {
  const { rotation, deps, state } = session;
  let ended: Ended | undefined;
  for (let { force = false } = asked, actions = 0; ; force = false, actions++) {
    const decision = decide(momentOf({ rotation, deps }, state(), { ...asked, force }));
    if (decision.action === "none" || actions === mostActions) return { ended, decision };
    const next = await act(session, decision, asked);
    ended = ended === undefined ? next : { ...next, phases: [...ended.phases, ...next.phases] };
    const wentWell = next.outcome === "rotated" || next.outcome === "renewed" || next.outcome === "reused";
    if (!wentWell || decision.action !== "reload") return { ended, decision };
  }
}

/** Commands of an earlier process are ended before anything else, and ours are noted, should we not live to end them. */
function withHelpers({ name }: Rotation, deps: RotationDeps): RotationDeps {
  const { runtime } = deps;
  const { helpers } = deps.host;
  if (helpers === undefined) return deps;
  for (const pid of helpers.endLeftOvers(name))
    runtime.log.warn("ended a command that an earlier run left behind", { rotation: name, pid });
  return { ...deps, runtime: helpers.noting(name, runtime) };
}

/** Sinks are journaled by identity, never by index: the spec may change between two runs. */
export async function noteSinks(session: Session): Promise<void> {
  const { rotation, state } = session;
  const present = rotation.sinks.map(({ id, type, target, values, part }) => ({
    id,
    type,
    target,
    keys: Object.keys(values),
    canRead: part.read !== undefined,
  }));
  const known = Object.values(state().sinks)
    .filter(({ abandoned }) => !abandoned)
    .map(({ id }) => id);
  const same = known.length === present.length && present.every(({ id }) => known.includes(id));
  if (!same) await session.journal({ type: "sinks", sinks: present });
}

async function act(session: Session, decision: Decision, { cadence }: Asked): Promise<Ended> {
  const { deps, rotation, state } = session;
  const { reason } = decision;
  const why = reason === undefined ? "the reload is owed" : reasonText(reason, { state: state() });
  deps.onEvent({ type: "rotation-started", rotation: rotation.name, why });
  if (state().ejectedAt !== undefined) await session.journal({ type: "readmitted" });
  const owedOnly = decision.action === "reload";
  const attempt = firstAttempt(session, { why, reason, owedOnly });
  if (decision.action === "renew") {
    const renewal = await tryRenewal(session, attempt, cadence);
    if (renewal !== undefined) return renewal;
  }
  const ended = await runAttempt(owedOnly ? recoveryPhases() : rotationPhases(), session, attempt);
  if (mintSucceeded(ended)) deps.entries?.succeeded(rotation.provider.name, session.now());
  return ended;
}

/** Undefined: a new lease is to be minted instead, in the same action. */
async function tryRenewal(session: Session, attempt: Attempt, cadence: number | undefined): Promise<Ended | undefined> {
  const { deps, rotation, now } = session;
  const start = deps.runtime.monotonic();
  const renewal = await renew(session, { cadence });
  if (renewal.result === "mint") return undefined;
  const durationMs = Math.round(deps.runtime.monotonic() - start);
  const phase = { phase: "renew", durationMs } as const;
  if (renewal.result === "renewed") {
    deps.entries?.succeeded(rotation.provider.name, now());
    return {
      ended: true,
      outcome: "renewed",
      reason: attempt.why,
      attempt,
      phases: [{ ...phase, result: "succeeded" }],
    };
  }
  const { failure } = renewal;
  const error = failure.report;
  const ended: Ended = {
    ended: true,
    outcome: "failed",
    reason: error.message,
    failure,
    attempt,
    phases: [{ ...phase, result: "failed", error }],
  };
  await noteFailure(session, ended);
  return ended;
}

function mintSucceeded({ phases }: Ended): boolean {
  return phases.some(({ phase, result }) => phase === "mint" && result === "succeeded");
}
