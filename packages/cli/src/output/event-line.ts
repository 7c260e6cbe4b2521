/** The engine's events in words: one sentence for people, the same fields for machines. */
import type { EngineEvent, LogLevel, PhaseName, PhaseReport, RotationReport } from "@rotate/core";
import { describeRotation } from "./rotation-line.ts";
import { formatElapsed, will } from "./time.ts";

/** An event in words. `rotation` stands in front of the message, or in a field of its own. */
export interface Line {
  readonly level: Exclude<LogLevel, "error">;
  readonly rotation?: string;
  readonly message: string;
}

/** What a phase that succeeded has done. */
const done: Readonly<Record<PhaseName, string>> = {
  preflight: "checked provider and sinks",
  mint: "minted a credential",
  verify: "verified it",
  prepare: "prepared the sinks",
  commit: "wrote the sinks",
  undo: "put the sinks back",
  reload: "reloaded the consumer",
  health: "found the consumer healthy",
  settle: "settled",
  renew: "renewed the lease",
};

/** What is worth a line of its own when it succeeds; the rest is for `--log-level debug`. */
const milestones: ReadonlySet<PhaseName> = new Set(["mint", "verify", "commit", "undo", "reload", "health", "renew"]);

/** One event as a line. @param now milliseconds since 1970 */
export function describeEvent(event: EngineEvent, now: number): Line {
  switch (event.type) {
    case "rotation-started":
      return { level: "info", rotation: event.rotation, message: `rotating: ${event.why}` };
    case "phase-started":
      return { level: "debug", rotation: event.rotation, message: `${event.phase} …` };
    case "phase-finished":
      return { rotation: event.rotation, ...describePhase(event.phase) };
    case "retry-scheduled":
      return { level: "warn", rotation: event.rotation, message: describeRetry(event, now) };
    case "rotation-finished":
      return {
        level: isTrouble(event.report) ? "warn" : "info",
        rotation: event.rotation,
        message: describeRotation(event.report, now),
      };
    case "waiting-for-lock":
      return { level: "info", rotation: event.rotation, message: "waiting for another process to finish with it" };
    case "alarm":
      return {
        level: event.alarm === "recovered" ? "info" : "warn",
        rotation: event.rotation,
        message: `${event.alarm}: ${event.message}`,
      };
    case "standing-changed":
      return {
        level: "debug",
        rotation: event.rotation,
        message: `${event.after?.state ?? "forgotten"}: ${event.message}`,
      };
    case "lease-renewed":
      return { level: "debug", rotation: event.rotation, message: `lease ${event.lease} was renewed` };
    case "renew-failed":
      return { level: "debug", rotation: event.rotation, message: `could not renew: ${event.error.message}` };
    case "lease-revoked":
      return { level: "info", rotation: event.rotation, message: `revoked lease ${event.lease}` };
    case "revoke-failed":
      return { level: "debug", rotation: event.rotation, message: `could not revoke yet: ${event.message}` };
    case "attempt-killed":
      return { level: "warn", rotation: event.rotation, message: event.error.message };
    case "warning":
      return { level: "warn", rotation: event.rotation, message: event.message };
    case "trouble":
      return { level: "warn", message: event.hint === undefined ? event.message : `${event.message}; ${event.hint}` };
    case "trouble-over":
      return { level: "info", message: `over: ${event.message}` };
    case "asked":
      return { level: "info", message: `${event.by} asks: ${[event.what, ...event.names].join(" ")}` };
    case "spec-reloaded":
      return { level: "info", message: `read the spec again: ${count(event.rotations, "rotation")}` };
    case "spec-rejected":
      return { level: "warn", message: `kept the running spec, the new one is refused: ${event.message}` };
  }
}

function isTrouble({ outcome }: RotationReport): boolean {
  return outcome === "failed" || outcome === "expired" || outcome === "reload-owed";
}

function describePhase({ phase, result, durationMs, error, detail }: PhaseReport): Omit<Line, "rotation"> {
  if (result === "failed") {
    // The retry, the end of the rotation or that of the run tells it: one line for each try.
    return { level: "debug", message: `${phase} failed: ${error?.message ?? detail ?? "no reason given"}` };
  }
  if (result !== "succeeded") return { level: "debug", message: `${phase} ${result}` };
  const message = `${done[phase]} (${detail === undefined ? "" : `${detail}, `}${formatElapsed(durationMs)})`;
  return { level: milestones.has(phase) ? "info" : "debug", message };
}

function describeRetry({ at, error }: Extract<EngineEvent, { type: "retry-scheduled" }>, now: number): string {
  return `next try ${will(new Date(at).toISOString(), now)}: ${error.message}`;
}

/** `1 rotation`, `3 rotations`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
