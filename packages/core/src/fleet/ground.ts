import type { Runtime } from "@rotate/runtime";
import type { RotationClock } from "../schedule/clock.ts";
import type { Bundles } from "./bundles.ts";
import type { Database } from "./database.ts";
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
  /** The hash of the spec that this process works by; undefined: by none. */
  readonly published: () => string | undefined;
}
