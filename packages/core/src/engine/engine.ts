/** The engine as the command line and the daemon see it. */
import type { OnEvent } from "../events.ts";
import type { HistoryReport, PlanReport, RunReport, StatusReport } from "../report.ts";
import type { Runtime } from "../runtime/types.ts";
import type { Spec } from "../loading/model.ts";
import type { Host } from "../store/host.ts";
import type { CredentialOptions, CurrentCredential } from "./credential.ts";
import type { EjectReport, EjectValues } from "./eject.ts";
import type { RevokeOptions, RevokeReport } from "./revoke.ts";

export interface EngineOptions {
  readonly spec: Spec;
  readonly runtime: Runtime;
  /** Overrides the spec's `stateDir`. Absolute. */
  readonly stateDir?: string;
  readonly onEvent?: OnEvent;
  /** Default: the machine this process runs on. */
  readonly host?: Host;
}

export interface RunOptions {
  /** Names or globs; none: all. An unknown name is a usage error (`ROTATE_USAGE`). */
  readonly names?: readonly string[];
  /** Rotate now, due or not. */
  readonly force?: boolean;
  /** Milliseconds in which failed attempts are retried. Default 120,000. */
  readonly timeout?: number;
  /** Milliseconds between two runs, when told; else learned from past gaps. */
  readonly every?: number;
  /** Milliseconds to wait for another process. Default 30,000. */
  readonly lockTimeout?: number;
  /** Rotations at once. Default 16. */
  readonly concurrency?: number;
  /** Aborts between phases and wherever stopping is safe. */
  readonly signal?: AbortSignal;
}

export interface Engine {
  /** Finishes what is owed, rotates what is due. Never throws for a rotation: its report says what failed. */
  readonly run: (options?: RunOptions) => Promise<RunReport>;
  readonly plan: (options?: {
    readonly names?: readonly string[];
    readonly resolveExec?: boolean;
  }) => Promise<PlanReport>;
  readonly status: (options?: { readonly names?: readonly string[] }) => Promise<StatusReport>;
  readonly history: (options?: { readonly name?: string; readonly limit?: number }) => Promise<HistoryReport>;
  /** The credential that consumers are to use now, in the clear; minted when there is none. */
  readonly credential: (name: string, options?: CredentialOptions) => Promise<CurrentCredential>;
  /** Revokes the lease in use, or the superseded ones: a person's word. */
  readonly revoke: (name: string, options?: RevokeOptions) => Promise<RevokeReport>;
  /** Forgets a rotation: its state goes, its values stay where they are. */
  readonly forget: (name: string) => Promise<void>;
  /** Writes given values in the credential's place; without values only says what stays where. */
  readonly eject: (name: string, values?: EjectValues) => Promise<EjectReport>;
  /** Due, never minted or owed work; or nothing to do. */
  readonly needsRotation: (name: string) => Promise<"due" | "fresh">;
  readonly close: () => Promise<void>;
}

/** Opens the state and gives the engine. Throws EngineError `ROTATE_STATE_*` when the state is unusable (exit 6). */
export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
