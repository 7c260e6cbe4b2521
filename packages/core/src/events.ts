/** What happens, as it happens: for progress on a terminal, plain log lines, and later metrics and notifications. No secrets, ever. */
import type { Log } from "@rotate/plugin-kit";
import type { AlarmName, ErrorReport, PhaseName, PhaseReport, RotationReport, StandingMark } from "./report.ts";

/** A lease, and its credential by its fingerprint. */
export interface LeaseMark {
  readonly id: string;
  readonly fingerprint: string;
}

/** One thing that happened, told apart by `type`. Instants: wall clock, ms since 1970, or RFC 3339 where it is text. */
export type EngineEvent =
  | { readonly type: "rotation-started"; readonly rotation: string; readonly why: string }
  | { readonly type: "phase-started"; readonly rotation: string; readonly phase: PhaseName }
  /** `lease`: what the phase was about, once there is one; of an undo, what is to stand there again. */
  | {
      readonly type: "phase-finished";
      readonly rotation: string;
      readonly phase: PhaseReport;
      readonly lease?: LeaseMark;
    }
  | { readonly type: "retry-scheduled"; readonly rotation: string; readonly at: number; readonly error: ErrorReport }
  | { readonly type: "rotation-finished"; readonly rotation: string; readonly report: RotationReport }
  | { readonly type: "waiting-for-lock"; readonly rotation: string }
  /** What a daemon finds wrong: each change since it was started, and its end. */
  | {
      readonly type: "alarm";
      readonly rotation: string;
      readonly alarm: AlarmName | "recovered";
      readonly message: string;
    }
  /** How it stands is otherwise than was last told, by whichever process: each change is told once, restarts included. `before` is absent at the first look, `after` when it was forgotten. */
  | {
      readonly type: "standing-changed";
      readonly rotation: string;
      readonly before?: StandingMark;
      readonly after?: StandingMark;
      readonly message: string;
    }
  | { readonly type: "lease-renewed"; readonly rotation: string; readonly lease: string; readonly expiresAt?: string }
  | {
      readonly type: "renew-failed";
      readonly rotation: string;
      readonly lease: string;
      readonly error: ErrorReport;
    }
  | { readonly type: "lease-revoked"; readonly rotation: string; readonly lease: string }
  | { readonly type: "revoke-failed"; readonly rotation: string; readonly lease: string; readonly message: string }
  /** An earlier process was found to have died in the middle of an attempt. */
  | { readonly type: "attempt-killed"; readonly rotation: string; readonly error: ErrorReport }
  /** What a rotation warns of, when it is new. */
  | { readonly type: "warning"; readonly rotation: string; readonly message: string }
  /** The daemon itself is kept from its work; told once, until `trouble-over`. */
  | { readonly type: "trouble"; readonly code: string; readonly message: string; readonly hint?: string }
  | { readonly type: "trouble-over"; readonly code: string; readonly message: string }
  /** Somebody asks a running daemon for something; `by` is who they say they are. */
  | { readonly type: "asked"; readonly by: string; readonly what: string; readonly names: readonly string[] }
  | { readonly type: "spec-reloaded"; readonly rotations: number }
  | { readonly type: "spec-rejected"; readonly message: string };

/** Takes an event; what it throws goes nowhere. */
export type OnEvent = (event: EngineEvent) => void;

/** Tells many what happens. */
export interface Events {
  /** Tells everybody who listens now, in the order in which they came. Never throws. */
  readonly emit: OnEvent;
  /** Gives what ends the listening. Nobody waits for a listener that takes its time. */
  readonly on: (listener: (event: EngineEvent) => void | Promise<void>) => () => void;
}

/** A hub whose listeners cannot harm what they listen to, nor each other: what one throws is logged once for each of them. */
export function createEvents(log: Pick<Log, "warn">): Events {
  const listeners = new Map<symbol, Parameters<Events["on"]>[0]>();
  const failed = new Set<symbol>();

  function note(id: symbol, event: EngineEvent, error: unknown): void {
    if (failed.has(id)) return;
    failed.add(id);
    const message = error instanceof Error ? error.message : String(error);
    log.warn("a listener of events failed; later failures of it are not told", { event: event.type, error: message });
  }

  return {
    emit(event) {
      for (const [id, listener] of listeners) {
        try {
          listener(event)?.catch((error: unknown) => note(id, event, error));
        } catch (error) {
          note(id, event, error);
        }
      }
    },
    on(listener) {
      const id = Symbol("listener");
      listeners.set(id, listener);
      return () => void listeners.delete(id);
    },
  };
}
