import { isStateCode } from "../engine-error.ts";
import type { EngineEvent, OnEvent } from "../events.ts";
import type { TroubleReport } from "../report.ts";

/** What keeps the daemon itself from its work (its state, a lock, a list): each kind is told once, with its remedy, until it is over. */
export interface Troubles {
  /** `key`: who has it. */
  readonly raise: (key: string, error: unknown) => void;
  readonly over: (key: string) => void;
  /** Milliseconds to leave it alone: longer each time that it was raised in a row. 0 without trouble. */
  readonly pauseOf: (key: string) => number;
  readonly current: () => readonly TroubleReport[];
}

const firstPause = 1_000;
const longestPause = 30_000;

interface Raised {
  readonly report: TroubleReport;
  readonly times: number;
}

/** Troubles of this process; `emit` gets `trouble` and `trouble-over`. */
export function createTroubles(emit: OnEvent): Troubles {
  const raised = new Map<string, Raised>();
  const told = new Map<string, TroubleReport>();

  function endTold(): void {
    const lasting = new Set([...raised.values()].map(({ report }) => kindOf(report)));
    for (const [kind, { code, message }] of told) {
      if (lasting.has(kind)) continue;
      told.delete(kind);
      emit({ type: "trouble-over", code, message });
    }
  }

  return {
    raise(key, error) {
      const report = reportOf(error);
      raised.set(key, { report, times: (raised.get(key)?.times ?? 0) + 1 });
      endTold();
      if (told.has(kindOf(report))) return;
      told.set(kindOf(report), report);
      emit(eventOf(report));
    },
    over(key) {
      if (raised.delete(key)) endTold();
    },
    pauseOf: (key) => {
      const times = raised.get(key)?.times ?? 0;
      return times === 0 ? 0 : Math.min(firstPause * 2 ** Math.min(times - 1, 10), longestPause);
    },
    current: () => [...told.values()],
  };
}

/** A hundred rotations whose locks are lost have one trouble; two lists have two. */
function kindOf({ code, message }: TroubleReport): string {
  return isStateCode(code) ? code : `${code} ${message}`;
}

function eventOf(report: TroubleReport): EngineEvent {
  return { type: "trouble", ...report };
}

function reportOf(error: unknown): TroubleReport {
  const { code, message, hint } = error as { readonly code?: unknown; readonly message?: unknown; hint?: unknown };
  const known = typeof code === "string" && code.startsWith("ROTATE_");
  return {
    code: known ? code : "ROTATE_INTERNAL",
    message: typeof message === "string" ? message : String(error),
    ...(typeof hint === "string" && { hint }),
  };
}
