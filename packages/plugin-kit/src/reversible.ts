import { isRotateError } from "./errors.ts";
import type { Prepared } from "./sink.ts";

type Act<Ctx> = (ctx: Ctx) => Promise<void>;

/** The parts of a write to a place that shows only values, not who wrote them. */
export interface Reversible<Ctx> {
  readonly commit: Act<Ctx>;
  /** Puts back what was there before, where what was written stands. */
  readonly undo: Act<Ctx>;
  /** Removes what `prepare` put beside it. */
  readonly drop?: Act<Ctx>;
}

/**
 * A write that takes back only what it may have written. Without that, a process that was overtaken before its commit would put an old value back where another one has
 * written the same value: an issuer may repeat its credential.
 */
export function reversible<Ctx>({
  commit,
  undo,
  drop,
}: Reversible<Ctx>): Required<Pick<Prepared<Ctx>, "commit" | "undo">> {
  let begun = false;
  return {
    async commit(ctx) {
      const before = begun;
      begun = true;
      try {
        await commit(ctx);
      } catch (error) {
        begun = before || !(isRotateError(error) && error.noEffect);
        throw error;
      }
    },
    undo: async (ctx) => (begun ? undo(ctx) : drop?.(ctx)),
  };
}
