import type { Rotation } from "../loading/model.ts";
import type { RotationReport } from "../report.ts";
import type { LookOptions, Present } from "./quick-look.ts";

/** A rotation that was looked at before, and of which nothing has changed since. */
export interface Resting {
  /** From when on it goes along with others that share its reload; rotation time, ms. */
  readonly nearly: number;
  readonly report: () => RotationReport;
}

/** How one tick works: what is looked at, how often it tries again, and what it waits for. */
export interface TickOptions extends LookOptions {
  /** ms; failed attempts are retried within it, and the backoff of an earlier process is waited for. 0: one attempt each. */
  readonly retryFor: number;
  /** ms for the whole, hanging calls included; undefined: what goes on is not cut. */
  readonly limit?: number;
  /** The caller ticks again by itself, so a retry is announced whatever the timeout. */
  readonly comesBack?: boolean;
  /** ms to wait for another process that has a rotation. */
  readonly lockTimeout: number;
  /** Rotations at once. */
  readonly concurrency: number;
  /** Between phases and wherever stopping is safe. */
  readonly signal: AbortSignal;
  /** Those on which nothing is to be done, as earlier looks tell. Absent: all are looked at. */
  readonly resting?: ReadonlyMap<Rotation, Resting>;
  /** Each that was looked at and is left as it is. */
  readonly onLook?: (present: Present, report: RotationReport) => void;
  /** Each rotation as it ends, while others may still be at work. */
  readonly onDone?: (rotation: Rotation, report: RotationReport) => void;
  /** One whose state or claim was lost, once all have ended. Absent: the first of them is thrown. */
  readonly onFailed?: (rotation: Rotation, error: unknown) => void;
}
