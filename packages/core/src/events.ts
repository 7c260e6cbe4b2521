/** What happens, as it happens: for progress on a terminal, plain log lines, and later metrics and notifications. No secrets, ever. */
import type { Log } from "@rotate/plugin-kit";
import type { AlarmName, ErrorReport, PhaseName, PhaseReport, RotationReport } from "./report.ts";

export type EngineEvent =
  | { readonly type: "rotation-started"; readonly rotation: string; readonly why: string }
  | { readonly type: "phase-started"; readonly rotation: string; readonly phase: PhaseName }
  | { readonly type: "phase-finished"; readonly rotation: string; readonly phase: PhaseReport }
  | { readonly type: "retry-scheduled"; readonly rotation: string; readonly at: number; readonly error: ErrorReport }
  | { readonly type: "rotation-finished"; readonly rotation: string; readonly report: RotationReport }
  | { readonly type: "waiting-for-lock"; readonly rotation: string }
  | {
      readonly type: "alarm";
      readonly rotation: string;
      readonly alarm: AlarmName | "recovered" | "skew";
      readonly message: string;
    }
  /** What a rotation warns of, when it is new. */
  | { readonly type: "warning"; readonly rotation: string; readonly message: string }
  /** The daemon itself is kept from its work; told once, until `trouble-over`. */
  | { readonly type: "trouble"; readonly code: string; readonly message: string; readonly hint?: string }
  | { readonly type: "trouble-over"; readonly code: string; readonly message: string }
  | { readonly type: "spec-reloaded"; readonly rotations: number }
  | { readonly type: "spec-rejected"; readonly message: string };

export type OnEvent = (event: EngineEvent) => void;

/** Tells many what happens. */
export interface Events {
  /** Tells everybody who listens now, in the order in which they came. Never throws. */
  readonly emit: OnEvent;
  /** Gives what ends the listening. */
  readonly on: (listener: OnEvent) => () => void;
}

/** A hub whose listeners cannot harm what they listen to, nor each other: what one throws is logged once for each of them. */
export function createEvents(log: Pick<Log, "warn">): Events {
  const listeners = new Map<symbol, OnEvent>();
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
          // A function that is asynchronous is one that gives nothing, to TypeScript.
          const given: unknown = listener(event);
          if (given instanceof Promise) given.catch((error: unknown) => note(id, event, error));
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
