import type { Log, Secret, SecretRef } from "@rotate/plugin-kit";
import type { Engine } from "../engine/engine.ts";
import type { Events } from "../events.ts";
import type { Spec } from "../loading/model.ts";
import type { StatusReport, TroubleReport } from "../report.ts";
import type { Troubles } from "./trouble.ts";

/** A daemon as its services see it. */
export interface DaemonView {
  readonly events: Pick<Events, "on">;
  /** The present moment by the clock that its status is told by, ms since 1970. */
  readonly now: () => number;
  /** The spec that it works by. */
  readonly spec: () => Spec;
  readonly status: (options?: { readonly names?: readonly string[] }) => Promise<DaemonStatus>;
  /** Does what somebody asks for: a new spec waits for it, and so does the end. Throws EngineError `ROTATE_STOPPING` once it ends. */
  readonly ask: <Answer>(question: (engine: Engine) => Promise<Answer>) => Promise<Answer>;
  /** How long ago its loop came round, ms of which the machine was awake. Absent: it has not yet. */
  readonly sinceLook: () => number | undefined;
  /** Aborts when it is asked to stop: nobody waits for a lock any more. */
  readonly stopping: AbortSignal;
  /** How far this machine's clock is ahead of the issuer's that answered last, ms. Undefined: none has. */
  readonly clockSkew: () => number | undefined;
  /** Where a service tells what keeps it from its work, and that it is over: it stands in `status` until then. */
  readonly troubles: Pick<Troubles, "raise" | "over" | "current">;
  readonly phase: () => "starting" | "running" | "draining";
  /** Reads a reference of the spec, now. Throws RotateError when it leads nowhere. */
  readonly resolve: (ref: SecretRef) => Promise<Secret>;
  /** Reads the spec again; one that drops many rotations is only taken when a person says so. */
  readonly reload: (options?: { readonly confirmed?: boolean }) => void;
}

/** How the rotations stand, and the daemon itself. */
export interface DaemonStatus extends StatusReport {
  /** What keeps the daemon itself, or one of its services, from its work. */
  readonly troubles: readonly TroubleReport[];
  /** Why the spec as it is now was not taken. */
  readonly specProblem?: string;
}

/** What hangs on a daemon: metrics, notifiers, endpoints. Started once, it lives through every reload of the spec. */
export interface Service {
  /** For messages. */
  readonly name: string;
  /** Throws when it cannot work: then the daemon does not start. Gives what ends it. */
  readonly start: (daemon: DaemonView) => Promise<() => Promise<void>>;
}

/** Starts all, in order; when one cannot, those before it are ended. Gives what ends all, last first. */
export async function startServices(
  services: readonly Service[],
  daemon: DaemonView,
  log: Pick<Log, "warn">,
): Promise<() => Promise<void>> {
  const running: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  async function stopAll(): Promise<void> {
    for (const { name, stop } of running.toReversed())
      await stop().catch((error: unknown) =>
        log.warn("a service did not end well", { service: name, error: (error as Error).message }),
      );
  }
  try {
    for (const { name, start } of services) running.push({ name, stop: await start(daemon) });
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
