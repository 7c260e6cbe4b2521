import type { HostReport } from "../host-report.ts";
import type { RotationStatus, RunReport } from "../report.ts";
import type { RevokeReport } from "../revoke-report.ts";

/** The machines of a fleet, as this one sees them and is seen by them. No value of a credential passes between them. */
export interface Peers {
  /** The name of this machine. */
  readonly host: string;
  /** Whose rotations this process takes as they come due. */
  readonly labels: readonly string[];
  /** Tells that this machine is there. */
  readonly announce: (told: Announcement) => Promise<void>;
  /** Tells that it ends: nobody waits for a machine that has nothing of its own. */
  readonly leave: () => Promise<void>;
  /** Tells how what only this machine rotates stands: all of it. */
  readonly mirror: (statuses: readonly RotationStatus[]) => Promise<void>;
  /** All that were ever heard of and not dropped, and how what is pinned to the others stands. */
  readonly look: () => Promise<PeerLook>;
  /** Asks a machine to do something, and waits for what came of it. Throws EngineError `ROTATE_HOST_GONE`, or what the other one threw. */
  readonly ask: (host: string, question: Question, signal: AbortSignal) => Promise<Answer>;
  /** What a machine told of one of its rotations is told of no more; nothing of the machine itself is changed. */
  readonly forget: (host: string, rotation: string) => Promise<void>;
  /** Questions to this machine, each once. */
  readonly asked: () => Promise<readonly AskedQuestion[]>;
}

/** What a machine says of itself. */
export interface Announcement {
  /** Of its rotate. */
  readonly version: string;
  /** It goes on, and answers what it is asked. */
  readonly watches: boolean;
  /** Why it takes nothing that moves. */
  readonly cannotServe?: string | undefined;
}

/** What is known of others. */
export interface PeerLook {
  readonly hosts: readonly HostReport[];
  readonly pinned: readonly MirroredStatus[];
}

/** A rotation that another machine rotates, as that one told of it. */
export interface MirroredStatus {
  readonly host: HostReport;
  readonly status: RotationStatus;
}

/** What one machine asks of another. No secrets. */
export type Question = (
  | { readonly what: "run"; readonly names: readonly string[]; readonly force: boolean }
  | { readonly what: "revoke"; readonly name: string; readonly previous: boolean }
) & { readonly by: string };

/** What came of it. */
export type Answer = RunReport | RevokeReport;

/** One that waits for its answer. */
export interface AskedQuestion {
  readonly question: Question;
  readonly answer: (work: () => Promise<Answer>) => Promise<void>;
}
