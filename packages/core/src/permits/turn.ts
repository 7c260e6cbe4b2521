/** A consumer's turn in a group that spans machines: waited for, kept, given back. */
import { isRotateError, RotateError, type Log, type Permit } from "@rotate/plugin-kit";
import { formatDuration } from "@rotate/runtime";
import { keepPermit, pauseOf, type Keeping } from "./keep.ts";
import type { Sightings } from "./sightings.ts";
import { take, type Asking, type Taking } from "./take.ts";

/** What waiting needs of the world. */
export interface TurnWorld {
  /** ms; stands still while the machine sleeps. */
  readonly monotonic: () => number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly log: Pick<Log, "warn">;
}

/** What this machine has seen of a group, from one wait to the next. */
export interface SeenSoFar {
  readonly get: () => Sightings;
  readonly set: (sightings: Sightings) => void;
}

/** Who waits, and how. */
export interface Waiting extends Asking {
  readonly group: string;
  readonly seen: SeenSoFar;
  /** Ends the waiting: its reason is thrown. */
  readonly signal: AbortSignal;
  /** Told when it begins to wait for others, and for whom. */
  readonly onWait: (whom: string) => Promise<void>;
}

/** Where those who have the turns stay the same for so long, one of them hangs, ms. */
const longestStandstill = 15 * 60_000;

const noTurn = Symbol("no turn");

/** Did a reload not run because it was not its turn? Then nothing of the consumer has changed. */
export function isNoTurn({ cause }: Pick<RotateError, "cause">): boolean {
  return cause === noTurn;
}

/**
 * Waits until fewer than `count` consumers of the group are away, on whichever machine. Throws RotateError CONFLICT where the rolling has stopped because one of them is not
 * healthy, or nothing goes on any more; UNAVAILABLE, or what is wrong for good, where nobody can tell whose turn it is.
 */
export async function waitForTurn(waiting: Waiting, world: TurnWorld): Promise<Keeping> {
  const { signal, lasts, seen, onWait } = waiting;
  let answeredAt = world.monotonic();
  let still = { who: "", since: answeredAt };
  for (;;) {
    signal.throwIfAborted();
    const taking = await tryOnce(waiting, world).catch((error: unknown) => {
      if (isFinal(error) || world.monotonic() - answeredAt > lasts) throw unreachable(waiting, error);
    });
    if (taking !== undefined) {
      answeredAt = world.monotonic();
      if (taking.held !== undefined) return keepPermit(waiting, taking.held, world);
      seen.set(taking.seen);
      const who = JSON.stringify(taking.others.map(({ holder, acquiredAt }) => [holder, acquiredAt]));
      if (who !== still.who) await onWait(namesOf(taking.others));
      still = who === still.who ? still : { who, since: answeredAt };
      refuseStop(waiting, taking.others, answeredAt - still.since);
    }
    await world.sleep(pauseOf(lasts) * (1 + world.random() * 0.2), signal);
  }
}

async function tryOnce(waiting: Waiting, world: TurnWorld): Promise<Taking & { readonly seen: Sightings }> {
  const taking = await take(waiting, waiting.seen.get(), world);
  waiting.seen.set(taking.seen);
  return taking;
}

function refuseStop({ group, count }: Waiting, others: readonly Permit[], standstill: number): void {
  const ill = others.filter(({ unwell }) => unwell === true);
  if (ill.length >= count)
    throw refused(`the rolling of group ${group} has stopped: ${namesOf(ill)} is not healthy after its reload`, {
      hint: `mend it there: \`rotate status\` on that machine says what is wrong; it goes on by itself then`,
    });
  if (standstill > longestStandstill)
    throw refused(
      `it is not its turn in group ${group}: ${namesOf(others)} has been away for ${formatDuration(standstill)}`,
      { hint: "look what its reload waits for; a shorter `timeout` or `within` ends it sooner" },
    );
}

function refused(message: string, { hint }: { readonly hint: string }): RotateError {
  return new RotateError(message, { code: "CONFLICT", retryable: true, hint, cause: noTurn });
}

function unreachable({ group, lasts }: Waiting, error: unknown): RotateError {
  const why = (error as Error).message;
  const inner = isRotateError(error)
    ? error
    : isRotateError((error as { inner?: unknown }).inner)
      ? innerOf(error)
      : undefined;
  return new RotateError(`whose turn it is in group ${group} cannot be told: ${inner?.message ?? why}`, {
    code: inner?.code ?? "UNAVAILABLE",
    retryable: inner?.retryable ?? true,
    hint:
      inner?.hint ?? `it was asked for ${formatDuration(lasts)}: look at what \`groups\` names, or at the shared state`,
    cause: noTurn,
  });
}

function innerOf(error: unknown): RotateError {
  return (error as { readonly inner: RotateError }).inner;
}

/** No use asking again. */
export function isFinal(error: unknown): boolean {
  const inner = isRotateError(error) ? error : (error as { inner?: unknown }).inner;
  return isRotateError(inner) && !inner.retryable;
}

function namesOf(permits: readonly Permit[]): string {
  return permits.map(({ holder }) => holder).join(", ");
}
