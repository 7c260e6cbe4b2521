import type { Runtime } from "@rotate/runtime";
import type { RotationClock } from "../schedule/clock.ts";
import type { Bundles } from "./bundles.ts";
import type { Database, Sql } from "./database.ts";
import type { Beats, Pulse } from "./pulse.ts";
import type { Queue } from "./queue.ts";
import type { Rows } from "./rows.ts";
import type { Writer } from "./writer.ts";

/** What the claims of one process are made of. */
export interface Ground extends Rows {
  readonly database: Database;
  readonly queue: Queue;
  readonly pulse: Pulse;
  readonly writer: Writer;
  readonly clock: RotationClock;
  readonly beats: Pick<Beats, "monotonic">;
  readonly runtime: Pick<Runtime, "monotonic" | "sleep">;
  /** For people: which process. */
  readonly holder: string;
  /** What is claimed together. */
  readonly bundles: () => Bundles;
  /** Throws EngineError `ROTATE_SPEC_OUTDATED` when the fleet works by another spec than this process. */
  readonly refuseOutdated: (sql: Sql) => Promise<void>;
}
