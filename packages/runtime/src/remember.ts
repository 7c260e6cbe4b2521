import type { ExecAnswer } from "@rotate/plugin-kit";
import type { Runtime } from "./types.ts";

/** How long what a command of a reference printed is good, ms: one rotation asks for it at each of its steps, and so do its siblings. */
const goodFor = 30_000;

interface Remembered {
  readonly at: number;
  readonly answer: Promise<ExecAnswer>;
}

/**
 * The same runtime, whose `{ exec: … }` references run once for all who ask within half a minute: each run may cost seconds, a limit of the store, or a person's touch.
 * What failed is not kept, and `forgetReferences` has all of them run anew: after a refusal, when a login may have been changed.
 */
export function remembering(runtime: Runtime): Runtime {
  const { monotonic, exec, execReference = exec } = runtime;
  const known = new Map<string, Remembered>();

  function start(...[argv, init, signal]: Parameters<Runtime["exec"]>): Promise<ExecAnswer> {
    const key = JSON.stringify(argv);
    const answer = execReference(argv, init, signal);
    const one = { at: monotonic(), answer };
    const drop = (): void => void (known.get(key) === one && known.delete(key));
    known.set(key, one);
    answer.then(({ exitCode }) => exitCode !== 0 && drop(), drop);
    return answer;
  }

  return {
    ...runtime,
    async execReference(argv, init, signal) {
      for (const [key, { at }] of known) if (monotonic() - at >= goodFor) known.delete(key);
      const found = known.get(JSON.stringify(argv));
      if (found === undefined) return start(argv, init, signal);
      // One that ended with the call of somebody else says nothing to us.
      return (await found.answer.catch(() => undefined)) ?? start(argv, init, signal);
    },
    forgetReferences: () => known.clear(),
  };
}
