import { sleepOrWake, type Engine, type Runtime } from "@rotate/core";
import { currentValues, isSame, type Given } from "./environment.ts";

/** What a follower works with. */
export interface FollowParts {
  readonly engine: Pick<Engine, "credential" | "events" | "now" | "status">;
  readonly names: readonly string[];
  /** The word that what is read now is lent to. */
  readonly word: () => string;
  readonly runtime: Pick<Runtime, "sleep" | "log">;
  readonly signal: AbortSignal;
}

/** Rotations that finish together are one change. ms */
const settlingTime = 2_000;
/** Another process may rotate it as well. ms */
const lookEvery = 5_000;

/** Tells of other credentials until the signal: those that finish together once, and what is the same never. */
export async function followValues(first: Given, parts: FollowParts, onChange: (given: Given) => void): Promise<void> {
  const { runtime, signal } = parts;
  let given = first;
  let seen = await lookAt(parts);
  const bell = listen(parts);
  while (!signal.aborted) {
    await bell.wait();
    const found = signal.aborted ? undefined : await lookAt(parts);
    if (found === undefined || found === seen) continue;
    const next = await read(parts);
    if (next === undefined) continue;
    seen = found;
    if (!isSame(given, next)) onChange(next);
    given = next;
  }
  bell.release();
  runtime.log.debug("the credentials of the command are not followed any more");
}

/** Waits for the end of a rotation and of those that end soon after it, or for the time of a look. */
function listen({ engine, names, runtime, signal }: FollowParts): {
  readonly wait: () => Promise<void>;
  readonly release: () => void;
} {
  let rung = new AbortController();
  const release = engine.events.on((event) => {
    if (event.type === "rotation-finished" && names.includes(event.rotation)) rung.abort();
  });
  return {
    release,
    async wait() {
      await sleepOrWake(runtime, lookEvery, AbortSignal.any([signal, rung.signal]));
      if (!rung.signal.aborted) return;
      await sleepOrWake(runtime, settlingTime, signal);
      rung = new AbortController();
    },
  };
}

async function read({ engine, names, word, runtime, signal }: FollowParts): Promise<Given | undefined> {
  try {
    return await currentValues(engine, names, { minRemaining: 0, word: word(), now: engine.now, signal });
  } catch (error) {
    tell(error, { runtime, signal });
    return undefined;
  }
}

/** What is published of them, in one text: another text, other credentials. Undefined when it cannot be known now. */
async function lookAt({ engine, names, runtime, signal }: FollowParts): Promise<string | undefined> {
  try {
    const { rotations } = await engine.status({ names });
    return rotations.map(({ name, credential }) => `${name} ${JSON.stringify(credential)}`).join("\n");
  } catch (error) {
    tell(error, { runtime, signal });
    return undefined;
  }
}

function tell(error: unknown, { runtime, signal }: Pick<FollowParts, "runtime" | "signal">): void {
  if (signal.aborted) return;
  const { message } = error as Error;
  runtime.log.warn(`the command keeps the credential that it has, a newer one cannot be read: ${message}`);
}
