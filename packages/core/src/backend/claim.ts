/** Claims: who works on a rotation. One process at a time; whoever was overtaken is told so before its next act. */
import { EngineError } from "../engine-error.ts";
import type { AttemptReport } from "../history-report.ts";
import type { JournalRecord } from "../store/records.ts";
import { awayText, type Away } from "../store/away.ts";
import type { RotationState } from "../store/state.ts";

/** Who may work on which rotation, among all processes over one backend. */
export interface Claims {
  /**
   * Claims on rotations of the published spec whose time has come: by what their last holder said (`next`), at once when none said anything, or what was begun was not
   * brought to an end. Earliest first; no more than `limit`, but a bundle (rotations that share a reload) never in part. Waits until there is one; none when the signal ends it.
   */
  readonly due: (limit: number, signal: AbortSignal) => Promise<readonly Claim[]>;
  /** The claim on a rotation, whether it is due or not; undefined when another process has it and goes on having it. */
  readonly byName: (rotation: string, options?: ClaimOptions) => Promise<Claim | undefined>;
  /** Which of these are somebody's at the moment. Takes nothing. */
  readonly busy: (rotations: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** How long to wait for a claim that another process has. */
export interface ClaimOptions {
  /** Milliseconds to wait for another process. Default 0. */
  readonly wait?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Called once, when there is somebody to wait for. */
  readonly onWait?: () => void;
  /** Also one that is kept elsewhere, or on its way: who moves or forgets it. Without it such a claim is refused: EngineError `ROTATE_STATE_MOVED`. */
  readonly away?: boolean;
}

/** One process at work on one rotation. */
export interface Claim {
  readonly rotation: string;
  /** Differs from that of any other claim on the rotation, before and after. */
  readonly id: string;
  /** While the claim is ours nobody else writes: this is the state. */
  readonly state: () => RotationState;
  /** Rotation time, ms: see schedule/clock.ts. */
  readonly now: () => number;
  /** Aborts when the claim is found to be another's. */
  readonly lost: AbortSignal;
  /** Whoever had it before without settling: dead, or possibly still at work (a stopped process of another machine). */
  readonly predecessor: "none" | "dead" | "unknown";
  /**
   * Journals records and what they make of the state, all or none, before the acts that they announce: durable when one of them announces one. Those that only tell what
   * was seen or done are written with the next that do more, or when the claim is given back.
   * Throws EngineError `ROTATE_STATE_FENCED` when the claim is not ours any more.
   */
  readonly append: (records: readonly JournalRecord[]) => Promise<RotationState>;
  /** Throws EngineError `ROTATE_STATE_FENCED` when the claim is not ours any more: asked before each act outside. */
  readonly guard: () => Promise<void>;
  /**
   * Gives the claim back, in whatever state the rotation is, and keeps what its holder leaves, all or nothing. Once: what comes after it does nothing.
   * Throws EngineError `ROTATE_STATE_FENCED` when something was to be kept and the claim is not ours any more.
   */
  readonly settle: (left?: Settlement) => Promise<void>;
}

/** What the holder of a claim leaves. */
export interface Settlement {
  /** Journaled as `append` does. */
  readonly records?: readonly JournalRecord[];
  /** What was tried, for `rotate history`. */
  readonly attempts?: readonly AttemptReport[];
  /** When it is due again, rotation time in ms. Absent: as before when nothing was journaled, else at once. */
  readonly next?: number;
}

/** When a rotation is due once this is written; undefined: as before. */
export function dueAfter({ records = [], next }: Pick<Settlement, "records" | "next">): number | undefined {
  return next ?? (records.some(({ type }) => type !== "opened") ? 0 : undefined);
}

/**
 * Records that announce no act: a power failure may take one, with all that came after it, and leaves the state of a moment earlier. That is harmless for
 * each: `opened` fences the living, who see what is not durable yet; `waits` is only shown; `sinks`, `observed`, `phase` and `proved` are seen and written again; `committed`, `spared` and
 * `published` follow a durable `committing`, so that recovery looks at the sinks and, at worst, writes or reloads once more. Whatever is asked of an issuer, written to a
 * sink or revoked after them is announced by a durable record of its own.
 */
export const unannounced: ReadonlySet<JournalRecord["type"]> = new Set([
  "opened",
  "sinks",
  "observed",
  "proved",
  "phase",
  "waits",
  "committed",
  "spared",
  "published",
]);

/** Of what announces no act, what others look at: that somebody is at work, and that consumers are still to be told. */
const seenByOthers: ReadonlySet<JournalRecord["type"]> = new Set(["opened", "published", "waits"]);

/** May these records wait, in the memory of their process, for the next that may not? */
export function canWait(records: readonly JournalRecord[]): boolean {
  return records.every(
    (record) => isTraceless(record) || (unannounced.has(record.type) && !seenByOthers.has(record.type)),
  );
}

/** Do these records announce an act? */
export function announces(records: readonly JournalRecord[]): boolean {
  return records.some(({ type }) => !unannounced.has(type));
}

/**
 * Records that tell how an act went which a durable record announced. No act waits for them: what may be done on the strength of one is announced by a record of its
 * own, whose sync takes this one along. Should the power take one, the state knows what was about to be done, and it is asked again: after an `intent` the issuer is
 * asked (`find`) or the lease is a ghost until its end; the consumers of what was `published` are reloaded once more; a lease is renewed, or revoked, once more;
 * an attempt that is known to have `failed` is tried sooner.
 */
const told: ReadonlySet<JournalRecord["type"]> = new Set([
  "mint-failed",
  "minted",
  "merged",
  "recognised",
  "found",
  "renewed",
  "undone",
  "reloaded",
  "reload-failed",
  "settled",
  "failed",
  "revoke-failed",
  "gone",
]);

/** Must these records be durable before what follows them? Else they are soon, and with the next that must. */
export function areSynced(records: readonly JournalRecord[]): boolean {
  return records.some((record) => !unannounced.has(record.type) && !told.has(record.type) && !isTraceless(record));
}

/** An issuer that keeps nothing of what it gives out: an intent that is forgotten leaves nobody to look for. */
function isTraceless(record: JournalRecord): boolean {
  return record.type === "intent" && record.traceless === true;
}

/** Another process has taken the rotation over: this one must stop dead. */
export function fenced(
  rotation: string,
  hint = "was the state directory cleaned while rotate was running? Keep tmp cleaners away from it",
): EngineError {
  return new EngineError(`another process has taken over rotation ${rotation}`, {
    code: "ROTATE_STATE_FENCED",
    exitCode: 5,
    hint,
  });
}

/** Nobody works on it here: it is kept elsewhere, or on its way. */
export function movedAway(rotation: string, { step, where }: Away): EngineError {
  return new EngineError(`rotation ${rotation} ${awayText({ step, where })}`, {
    code: "ROTATE_STATE_MOVED",
    exitCode: 6,
    hint:
      step === "left"
        ? "let this spec name the state that has it (`state`), or bring it back with `rotate state move --back`; where that state is lost for good, `rotate forget` begins anew"
        : "a move was cut off: `rotate state move` again, where it was begun, brings it to its end; where that is lost for good, `rotate forget` begins anew",
  });
}

/** Is it that nobody works on it here? */
export function isMovedAway(error: unknown): boolean {
  return error instanceof EngineError && error.code === "ROTATE_STATE_MOVED";
}

/** Another process is at work on the rotation. */
export function locked(rotation: string): EngineError {
  return new EngineError(`another process is at work on ${rotation}`, {
    code: "ROTATE_LOCKED",
    exitCode: 5,
    hint: "try again when it has finished",
  });
}

/** Does `work` under a claim, and settles it whatever comes. Throws EngineError `ROTATE_LOCKED` when another process is at work. */
export async function withClaim<T>(
  claims: Claims,
  rotation: string,
  work: (claim: Claim, leave: (left: Settlement) => void) => Promise<T>,
): Promise<T> {
  const claim = await claims.byName(rotation);
  if (!claim) throw locked(rotation);
  return settling(claim, work);
}

/** Does `work` under a claim that was got, and settles it whatever comes, with what `work` said that it leaves. */
export async function settling<T>(
  claim: Claim,
  work: (claim: Claim, leave: (left: Settlement) => void) => Promise<T>,
): Promise<T> {
  let left: Settlement = {};
  function leave({ attempts = [], ...more }: Settlement): void {
    left = { ...left, ...more, attempts: [...(left.attempts ?? []), ...attempts] };
  }
  try {
    return await work(claim, leave);
  } finally {
    await claim.settle(left);
  }
}
