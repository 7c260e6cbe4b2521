import { sleepOrWake, type Runtime } from "@rotate/core";
import { span } from "../output/time.ts";
import type { Child } from "./child.ts";
import type { Given } from "./environment.ts";
import { becomesHealthy, healthAt } from "./health.ts";
import type { ExecOptions } from "./options.ts";

/** A command of one generation. */
export interface Generation {
  readonly child: Child;
  /** `ROTATE_GENERATION`. */
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where it alone listens, behind a front. */
  readonly port?: number | undefined;
}

/** What a supervisor works with. */
export interface SupervisorParts {
  readonly options: Pick<ExecOptions, "onRotate" | "health" | "healthWithin" | "stopSignal" | "stopWithin">;
  readonly begin: (given: Given) => Generation;
  /** It takes over, before the one before it is asked to end. */
  readonly onCurrent?: (generation: Generation) => void;
  /** A new one was not healthy: this one stays, with what it has. */
  readonly onKept?: (generation: Generation, why: string) => Promise<void>;
  /** Another one has taken over, and the one before it has ended. */
  readonly onReplaced?: () => Promise<void>;
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

/** What is known of the commands of one supervisor. */
interface Watch {
  readonly parts: SupervisorParts;
  readonly running: Set<Generation>;
  /** Aborts when all is over. */
  readonly finished: AbortController;
  readonly resolve: (code: number) => void;
  current: Generation;
  /** Aborts with the end of the current one, unless that was asked for. */
  lost: AbortController;
  /** The one that was asked to end. */
  expected?: Generation;
  wanted?: Given | undefined;
  working?: Promise<void> | undefined;
  stopping: boolean;
}

/** Starts the first command. */
export function supervise(first: Given, parts: SupervisorParts): Supervisor {
  const { promise, resolve } = Promise.withResolvers<number>();
  const running = new Set<Generation>();
  const current = launch(first, { parts, running });
  const finished = new AbortController();
  const watch: Watch = { parts, running, current, lost: new AbortController(), finished, resolve, stopping: false };
  parts.onCurrent?.(current);
  void watchOver(current, watch);

  async function end(): Promise<number> {
    const code = await promise;
    await Promise.all([...running].map(({ child }) => endChild(child, parts)));
    return code;
  }

  return {
    ended: end(),
    renew(given) {
      watch.wanted = given;
      watch.working ??= work(watch).finally(() => (watch.working = undefined));
    },
    forward(signal) {
      for (const { child } of running) child.kill(signal);
      if (signal !== "SIGTERM" || watch.stopping) return;
      watch.stopping = true;
      void killLater(watch);
    },
  };
}

function launch(given: Given, { parts, running }: Pick<Watch, "parts" | "running">): Generation {
  const generation = parts.begin(given);
  running.add(generation);
  void generation.child.ended.then(() => running.delete(generation));
  return generation;
}

/** Its end is the end of all, unless it was replaced or is about to be. */
async function watchOver(generation: Generation, watch: Watch): Promise<void> {
  const code = await generation.child.ended;
  if (generation !== watch.current || generation === watch.expected) return;
  watch.lost.abort(new Error("the command has ended"));
  await watch.working; // what is to take its place may be nearly there
  if (generation === watch.current) finish(code, watch);
}

function finish(code: number, { finished, resolve }: Watch): void {
  finished.abort();
  resolve(code);
}

function take(generation: Generation, watch: Watch): void {
  watch.current = generation;
  watch.parts.onCurrent?.(generation);
  watch.lost = new AbortController();
  void watchOver(generation, watch);
}

async function killLater({ running, finished, parts: { options, runtime } }: Watch): Promise<void> {
  await sleepOrWake(runtime, options.stopWithin, finished.signal);
  for (const { child } of running) child.kill("SIGKILL");
}

/** Does what was asked for with the newest credentials, and tries again what failed, until the command ends. */
async function work(watch: Watch): Promise<void> {
  const { runtime } = watch.parts;
  for (let pause = firstRetry; watch.wanted !== undefined;) {
    if (watch.lost.signal.aborted || watch.stopping) return;
    const given: Given = watch.wanted;
    watch.wanted = undefined;
    if (await change(given, watch)) {
      pause = firstRetry;
      continue;
    }
    if (watch.lost.signal.aborted || watch.stopping) return;
    watch.wanted ??= given;
    runtime.log.warn(`the command is tried again in ${span(pause)}`);
    await sleepOrWake(runtime, pause, watch.lost.signal);
    pause = Math.min(pause * 2, longestRetry);
  }
}

/** False when it has to be tried again. */
async function change(given: Given, watch: Watch): Promise<boolean> {
  const { onRotate } = watch.parts.options;
  if (onRotate.kind === "signal") watch.current.child.kill(onRotate.signal);
  if (onRotate.kind === "restart") await restart(given, watch);
  return onRotate.kind === "swap" ? swap(given, watch) : true;
}

async function restart(given: Given, watch: Watch): Promise<void> {
  const { parts, current } = watch;
  watch.expected = current;
  await endChild(current.child, parts);
  if (watch.stopping) return finish(await current.child.ended, watch);
  const next = launch(given, watch);
  take(next, watch);
  await parts.onReplaced?.();
  const { signal } = watch.lost;
  const wrong = await healthOf(next, { beside: false, signal }, parts);
  if (wrong !== undefined && !signal.aborted)
    parts.runtime.log.warn(`the command was started anew and is not healthy: ${wrong}`);
}

async function swap(given: Given, watch: Watch): Promise<boolean> {
  const { parts, current: old } = watch;
  const next = launch(given, watch);
  const dead = new AbortController();
  void next.child.ended.then((code) => dead.abort(new Error(`it ended with ${code}`)));
  const wrong = await healthOf(next, { beside: true, signal: dead.signal }, parts);
  if (wrong !== undefined || watch.stopping || next.child.hasEnded()) {
    await endChild(next.child, parts);
    if (watch.stopping) return false;
    const why = `${refusal(dead.signal, wrong)}; the old command stays`;
    parts.runtime.log.warn(`reload-owed: ${why}`);
    await parts.onKept?.(old, why);
    return false;
  }
  take(next, watch);
  await endChild(old.child, parts);
  await parts.onReplaced?.();
  parts.runtime.log.info("the new command is healthy, and the old one has ended");
  return true;
}

function refusal(dead: AbortSignal, wrong: string | undefined): string {
  const why = dead.aborted ? (dead.reason as Error).message : (wrong ?? "it was stopped");
  return `the new command is not healthy: ${why}`;
}

async function healthOf(
  { id, env, port }: Generation,
  { beside, signal }: { readonly beside: boolean; readonly signal: AbortSignal },
  { options: { health, healthWithin }, runtime }: SupervisorParts,
): Promise<string | undefined> {
  if (health === undefined) return undefined;
  // Behind a front each has a port of its own, where nobody else answers.
  const asked = { generation: id, beside: beside && port === undefined, env };
  return becomesHealthy(healthAt(health, port), { asked, within: healthWithin, signal }, runtime);
}

/** Asks it to end, and kills it when it does not in time. */
async function endChild(
  child: Child,
  { options: { stopSignal, stopWithin }, runtime }: SupervisorParts,
): Promise<void> {
  child.kill(stopSignal);
  const done = new AbortController();
  void child.ended.then(() => done.abort());
  await sleepOrWake(runtime, stopWithin, done.signal);
  if (child.hasEnded()) return;
  runtime.log.warn(`the command did not end within ${span(stopWithin)} of ${stopSignal}: it is killed`);
  child.kill("SIGKILL");
  await child.ended;
}
