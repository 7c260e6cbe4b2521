import { adoptionShown } from "../rotation/adoption.ts";
import { RotateError } from "@rotate/plugin-kit";
import { formatDuration } from "@rotate/runtime";
import type { PlanRisk, PlanRotation, PlanSink } from "../plan-report.ts";
import type { Rotation, SinkEntry } from "../loading/model.ts";
import { shortFingerprint } from "../store/fingerprint.ts";
import type { SinkFingerprints } from "../store/state.ts";
import { paceOf } from "../schedule/pace.ts";
import { decide } from "../rotation/decide.ts";
import { instantAt } from "../rotation/describe.ts";
import { expectedIn } from "../rotation/expected.ts";
import { failureOf } from "../rotation/errors.ts";
import { publishedLease, type Moment } from "../rotation/moment.ts";
import { readSink, type Looking, type Prints } from "../rotation/observe.ts";
import { checksOf, type Check } from "../rotation/phases/preflight.ts";
import { reasonText } from "../rotation/reason.ts";
import { isReadable, type RotationDeps } from "../rotation/session.ts";
import { standingReport, waitingText } from "../rotation/visit-report.ts";
import { loginsOver } from "./deps.ts";
import type { Standing } from "../rotation/standing.ts";
import { standingText } from "../rotation/standing-text.ts";
import { actionOf, droppedOf } from "./plan-parts.ts";
import { needsWorkNow } from "./quick-look.ts";
import { presentAsSeen } from "./as-seen.ts";

/** What a run would do now, and why. Mints nothing, writes nothing, shows no value; runs the commands of `{ exec: … }` references only when asked to. */
export async function planAll(
  rotations: readonly Rotation[],
  given: RotationDeps,
  { resolveExec, cadence }: { readonly resolveExec: boolean; readonly cadence: number | undefined },
): Promise<readonly PlanRotation[]> {
  const deps = resolveExec ? given : withoutExec(given);
  return Promise.all(rotations.map((rotation) => planOne(rotation, deps, cadence)));
}

/** Neither options nor logins run a command of a reference: a login that is kept already is none of the plan's. */
function withoutExec(given: RotationDeps): RotationDeps {
  const runtime = { ...given.runtime, execReference: refuseExec };
  return { ...given, runtime, logins: loginsOver({ runtime, clock: given.clock }) };
}

const notAsked = Symbol("not asked to run it");

async function refuseExec(): Promise<never> {
  throw new RotateError("the command of a reference was not run", {
    code: "UNAVAILABLE",
    retryable: false,
    noEffect: true,
    hint: "plan with --resolve-exec to run it",
    cause: notAsked,
  });
}

async function planOne(rotation: Rotation, deps: RotationDeps, cadence: number | undefined): Promise<PlanRotation> {
  const present = await presentAsSeen({ rotation, deps }, { cadence });
  const { moment, standing } = present;
  const { state } = moment;
  const warnings = [...paceWarnings(moment)];
  const risks: PlanRisk[] = [];
  const warn = (...said: Said): void => {
    warnings.push(oneLine(said));
    risks.push(riskOf(said));
  };
  const due = await needsWorkNow(deps, present, { observe: false });
  const waits = due && !(await needsWorkNow(deps, present, { observe: false, patient: true }));
  const logging = {
    ...deps,
    runtime: {
      ...deps.runtime,
      log: { ...deps.runtime.log, warn },
    },
  };
  const checks = await Promise.all(checksOf({ rotation, deps: logging, state: () => state }).map(runCheck));
  return {
    name: rotation.name,
    provider: rotation.provider.name,
    due,
    ...(waits && { waits }),
    reason: due ? whyOf(moment, standing) : "nothing is due",
    standing: standingReport(standing, moment, deps.clock),
    ...expectedIn(moment),
    ...instantAt("nextAt", standing.next, deps.clock),
    sinks: await Promise.all(
      rotation.sinks.map((sink) =>
        planSink(sink, { rotation, deps, state: () => state }, (message) => void warnings.push(message)),
      ),
    ),
    reloads: rotation.reloads.map((reload) => ({
      ...actionOf(reload),
      ...(reload.name !== undefined && { name: reload.name }),
      adopts: reload.part.adopts(reload.options),
    })),
    verify: rotation.verify.map(actionOf),
    health: rotation.health.map(actionOf),
    dropped: droppedOf(moment, deps.clock),
    revocation: revocationOf(rotation),
    checks,
    warnings,
    ...(risks.length > 0 && { risks }),
  };
}

type Said = Parameters<RotationDeps["runtime"]["log"]["warn"]>;

/** A warning of a check, with the place that it is about and what helps. */
function oneLine([message, { path, remedy } = {}]: Said): string {
  const place = typeof path === "string" ? ` (${path})` : "";
  return `${message}${place}${typeof remedy === "string" ? `; ${remedy}` : ""}`;
}

/** A warning of a log as data. */
export function riskOf([message, { code, path, remedy, error } = {}]: Said): PlanRisk {
  return {
    ...(typeof code === "string" ? { code } : { code: "ROTATE_RISK_WARNED" }),
    message: typeof error === "string" ? `${message}: ${error}` : message,
    ...(typeof path === "string" && { path }),
    ...(typeof remedy === "string" && { remedy }),
  };
}

function whyOf(moment: Moment, standing: Standing): string {
  const decision = decide(moment);
  const { action, reason } = decision;
  const { owed } = moment.state;
  if (action === "reload" || (reason === undefined && owed !== undefined)) return "the reload is owed";
  const waiting = action === "none" ? waitingText(decision, moment) : undefined;
  if (waiting !== undefined) return waiting;
  if (reason !== undefined) return reasonText(reason, moment);
  if (standing.reason.code === "retire" || standing.reason.code === "unproved")
    return standingText(standing, moment) ?? "";
  return "the spec names a sink that nobody has looked at yet";
}

function paceWarnings({ rotation, state, cadence }: Moment): readonly string[] {
  const lease = publishedLease(state) ?? (rotation.ttl === undefined ? undefined : { given: rotation.ttl });
  if (lease === undefined || paceOf(lease, rotation.refresh, cadence) !== "no-slack") return [];
  return [
    `runs come every ${formatDuration(cadence ?? 0)}: one that is missed leaves the consumer without a credential`,
  ];
}

async function runCheck({ what, run }: Check): Promise<PlanRotation["checks"][number]> {
  try {
    await run();
    return { what, result: "ok" };
  } catch (error) {
    const failure = failureOf(error, { phase: "preflight" });
    return { what, result: isNotAsked(failure.error) ? "not-checked" : "failed", error: failure.report };
  }
}

/** Whoever passed the error on may have wrapped it. */
function isNotAsked(error: unknown): boolean {
  return error === notAsked || (error instanceof Error && isNotAsked(error.cause));
}

/** Per key: is it ours, somebody else's, or not there yet? */
async function planSink(sink: SinkEntry, at: Looking, warn: (message: string) => void): Promise<PlanSink> {
  const keys = Object.keys(sink.values);
  const head = { type: sink.type, target: sink.target };
  const unknown = { ...head, keys: keys.map((key) => ({ key, change: "unknown" as const })) };
  if (!isReadable(sink)) return unknown;
  try {
    const { prints } = await readSink(at, sink);
    const leases = Object.values(at.state().leases);
    const ours = leases.map(({ sinkFingerprints }) => sinkFingerprints[sink.id] ?? {});
    return { ...head, keys: keys.map((key) => planKey(key, prints, ours)) };
  } catch (error) {
    warn(failureOf(error, { phase: "observe" }).report.message);
    return unknown;
  }
}

function planKey(key: string, prints: Prints, ours: readonly SinkFingerprints[]): PlanSink["keys"][number] {
  const fingerprint = prints()[key];
  if (fingerprint === undefined) return { key, change: "created" };
  const isOurs = ours.some((known) => Object.values(known).includes(prints(known)[key] ?? ""));
  return { key, change: isOurs ? "rotated" : "taken-over", fingerprint: shortFingerprint(fingerprint) };
}

/** What becomes of the lease before, in words. */
export function revocationOf(rotation: Rotation): string {
  const { provider, overlap } = rotation;
  if (provider.part.overlap === false)
    return "each mint kills the lease before it: errors are possible until the reload";
  if (provider.part.revoke === undefined && provider.part.revokeValue === undefined)
    return "the issuer cannot revoke: the lease before lives until it expires";
  if (overlap.revoke === "never") return "the lease before is left to expire (overlap.revoke: never)";
  const only = provider.part.revoke === undefined ? ", by the process that minted it only" : "";
  const grace = `${Math.round(overlap.grace / 1000)} s`;
  if (overlap.revoke === "always") return `the lease before is revoked ${grace} after the reload${only}`;
  if (!adoptionShown(rotation))
    return "the lease before is left to expire: no reload shows that the consumer took the new one over";
  return `the lease before is revoked ${grace} after the consumer was shown to work with the new one${only}`;
}
