import type { Runtime } from "@rotate/core";
import { span } from "../output/time.ts";
import type { Child } from "./child.ts";
import type { Given } from "./environment.ts";
import { becomesHealthy } from "./health.ts";
import type { ExecOptions } from "./options.ts";

/** A command of one generation. */
export interface Generation {
  readonly child: Child;
  /** `ROTATE_GENERATION`. */
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a supervisor works with. */
export interface SupervisorParts {
  readonly options: Pick<ExecOptions, "onRotate" | "health" | "healthWithin" | "stopSignal" | "stopWithin">;
  readonly begin: (given: Given) => Generation;
  readonly runtime: Pick<Runtime, "sleep" | "log" | "http" | "exec" | "monotonic">;
}

/** Keeps one command running, whatever its credentials do. */
export interface Supervisor {
  /** The exit code of the command that ended by itself, or because it was told to; nothing runs any more then. */
  readonly ended: Promise<number>;
  /** Other credentials: what was asked for is done with the command. */
  readonly renew: (given: Given) => void;
  /** Hands a signal on to all that runs; TERM also ends what does not obey it in time. */
  readonly forward: (signal: NodeJS.Signals) => void;
}

const firstRetry = 30_000;
const longestRetry = 600_000;

/** Starts the first command. */
export function supervise(first: Given, parts: SupervisorParts): Supervisor {
  const { options, begin, runtime } = parts;
  const finished = new AbortController();
  const running = new Set<Generation>();
  let current = launch(first);
  /** Aborts with the end of the current one, unless that was asked for. */
  let lost = new AbortController();
  let expected: Generation | undefined;
  let wanted: Given | undefined;
  let working: Promise<void> | undefined;
  let stopping = false;
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  void watchOver(current);

  function launch(given: Given): Generation {
    const generation = begin(given);
    running.add(generation);
    void generation.child.ended.then(() => running.delete(generation));
    return generation;
  }

  /** Its end is the end of all, unless it was replaced or is about to be. */
  async function watchOver(generation: Generation): Promise<void> {
    const code = await generation.child.ended;
    if (generation !== current || generation === expected) return;
    lost.abort(new Error("the command has ended"));
    await working; // what is to take its place may be nearly there
    if (generation === current) finish(code);
  }

  function finish(code: number): void {
    finished.abort();
    resolve(code);
  }

  function take(generation: Generation): void {
    current = generation;
    lost = new AbortController();
    void watchOver(generation);
  }

  async function restart(given: Given): Promise<boolean> {
    expected = current;
    await endChild(current.child, parts);
    if (stopping) {
      finish(await current.child.ended);
      return true;
    }
    take(launch(given));
    const wrong = await healthOf(current, { beside: false, signal: lost.signal }, parts);
    if (wrong !== undefined && !lost.signal.aborted)
      runtime.log.warn(`the command was started anew and is not healthy: ${wrong}`);
    return true;
  }

  async function swap(given: Given): Promise<boolean> {
    const next = launch(given);
    const dead = new AbortController();
    void next.child.ended.then((code) => dead.abort(new Error(`it ended with ${code}`)));
    const wrong = await healthOf(next, { beside: true, signal: dead.signal }, parts);
    if (wrong !== undefined || stopping || next.child.hasEnded()) {
      await endChild(next.child, parts);
      if (!stopping) runtime.log.warn(`reload-owed: ${refusal(dead.signal, wrong)}; the old command stays`);
      return false;
    }
    const old = current;
    take(next);
    await endChild(old.child, parts);
    runtime.log.info("the new command is healthy, and the old one has ended");
    return true;
  }

  async function change(given: Given): Promise<boolean> {
    const { onRotate } = options;
    if (onRotate.kind === "signal") current.child.kill(onRotate.signal);
    if (onRotate.kind === "restart") return restart(given);
    return onRotate.kind === "swap" ? swap(given) : true;
  }

  async function work(): Promise<void> {
    for (let pause = firstRetry; wanted !== undefined;) {
      if (lost.signal.aborted || stopping) return;
      const given: Given = wanted;
      wanted = undefined;
      if (await change(given)) {
        pause = firstRetry;
        continue;
      }
      wanted ??= given;
      if (lost.signal.aborted || stopping) return;
      runtime.log.warn(`the command is tried again in ${span(pause)}`);
      await runtime.sleep(pause, lost.signal).catch(() => undefined);
      pause = Math.min(pause * 2, longestRetry);
    }
  }

  async function end(): Promise<number> {
    const code = await ended;
    await Promise.all([...running].map(({ child }) => endChild(child, parts)));
    return code;
  }

  return {
    ended: end(),
    renew(given) {
      wanted = given;
      working ??= work().finally(() => (working = undefined));
    },
    forward(signal) {
      for (const { child } of running) child.kill(signal);
      if (signal !== "SIGTERM" || stopping) return;
      stopping = true;
      void runtime.sleep(options.stopWithin, finished.signal).then(
        () => running.forEach(({ child }) => child.kill("SIGKILL")),
        () => undefined,
      );
    },
  };
}

function refusal(dead: AbortSignal, wrong: string | undefined): string {
  const why = dead.aborted ? (dead.reason as Error).message : (wrong ?? "it was stopped");
  return `the new command is not healthy: ${why}`;
}

async function healthOf(
  { id, env }: Generation,
  { beside, signal }: { readonly beside: boolean; readonly signal: AbortSignal },
  { options: { health, healthWithin }, runtime }: SupervisorParts,
): Promise<string | undefined> {
  if (health === undefined) return undefined;
  return becomesHealthy(health, { asked: { generation: id, beside, env }, within: healthWithin, signal }, runtime);
}

/** Asks it to end, and kills it when it does not in time. */
async function endChild(
  child: Child,
  { options: { stopSignal, stopWithin }, runtime }: SupervisorParts,
): Promise<void> {
  child.kill(stopSignal);
  const done = new AbortController();
  void child.ended.then(() => done.abort());
  await runtime.sleep(stopWithin, done.signal).catch(() => undefined);
  if (child.hasEnded()) return;
  runtime.log.warn(`the command did not end within ${span(stopWithin)} of ${stopSignal}: it is killed`);
  child.kill("SIGKILL");
  await child.ended;
}
