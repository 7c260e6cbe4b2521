/** What an application is told when it is turned away, or sent away (postgresql.org/docs/18/errcodes-appendix.html). */
import { type Failure, Refusal } from "./wire.ts";

/** Nobody new is let in. */
export const closing: Failure = { sqlstate: "57P03", message: "rotate is shutting down", word: "closing" };

/** A session ends because we do. */
export const shutDown: Failure = {
  sqlstate: "57P01",
  message: "terminating connection because rotate is shutting down",
};

/** The application left before it was let in: nobody hears this. */
export const goneAway: Failure = { sqlstate: "08006", message: "the application closed the connection" };

/** No session within the time for it. */
export const tooLate: Failure = {
  sqlstate: "08006",
  message: "the login took too long",
  hint: "The server may be waking, or cannot be reached: see startupTimeout of the serve entry.",
  word: "timeout",
};

/** As many as there may be. */
export function tooMany(most: number): Failure {
  const hint = "Give the pools fewer connections, or raise maxSessions of the serve entry.";
  return {
    sqlstate: "53300",
    message: `rotate has its ${most} sessions of this entry already`,
    hint,
    word: "too-many-sessions",
  };
}

/** Whatever was thrown, as something that can be said. */
export function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal
    ? error
    : new Refusal({ sqlstate: "XX000", message: messageOf(error), word: "internal" });
}

/** The words of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
