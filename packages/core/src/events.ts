/** What happens, as it happens: for progress on a terminal, plain log lines, and later metrics and notifications. No secrets, ever. */
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
  | { readonly type: "spec-reloaded"; readonly rotations: number }
  | { readonly type: "spec-rejected"; readonly message: string };

export type OnEvent = (event: EngineEvent) => void;
