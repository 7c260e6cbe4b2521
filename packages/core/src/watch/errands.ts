import { EngineError } from "../engine-error.ts";

/** What others ask a daemon to do, beside its own work. */
export interface Errands {
  /** Throws EngineError `ROTATE_STOPPING` when nothing new may begin. */
  readonly run: <Answer>(errand: () => Promise<Answer>) => Promise<Answer>;
  /** When none is on its way; others wait for it. */
  readonly between: (work: () => Promise<void>) => Promise<void>;
}

/** Errands of one daemon: none begins while its spec changes, or after it was asked to stop. */
export function createErrands(stopping: AbortSignal): Errands {
  const running = new Set<Promise<unknown>>();
  let pause: Promise<void> | undefined;

  return {
    async run(errand) {
      for (let wait = pause; wait !== undefined; wait = pause) await wait;
      if (stopping.aborted) throw stoppingError();
      const done = errand();
      running.add(done);
      try {
        return await done;
      } finally {
        running.delete(done);
      }
    },
    async between(work) {
      const over = Promise.withResolvers<void>();
      pause = over.promise;
      try {
        await Promise.allSettled(running);
        await work();
      } finally {
        pause = undefined;
        over.resolve();
      }
    },
  };
}

function stoppingError(): EngineError {
  return new EngineError("the daemon is stopping", {
    code: "ROTATE_STOPPING",
    exitCode: 5,
    hint: "ask again: the command works by itself once it has stopped",
  });
}
