/** The whole story: two applications under the same load, one kept fresh by rotate, the other by the script of today. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { layOut, runFor, type Application } from "./application.ts";
import { refreshToken, startCron, type Cron } from "./cron.ts";
import { startLoad, type Load, type LoadFigures } from "./load.ts";
import { history, startRotate, type Attempt, type Pace } from "./rotate.ts";
import { startWorld, type World } from "./world.ts";

export interface ScenarioOptions {
  /** A folder for everything that is written. */
  readonly directory: string;
  /** Ends when the application with rotate has used so many credentials, and the other has failed. */
  readonly generations: number;
  /** What it is at most: credentials live longer where a restart takes longer. */
  readonly pace: Pace;
  readonly queriesPerSecond: number;
  /** Milliseconds after which it is given up. */
  readonly patience: number;
  /** Called several times a second. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How one application fared. */
export interface Figures extends LoadFigures {
  /** Credentials that were minted for it, the first included. */
  readonly rotations: number;
  /** Different credentials that the gateway let it in with. */
  readonly generations: number;
  /** Its logins that the gateway refused. */
  readonly refusedLogins: number;
}

export interface Progress {
  readonly rotate: Figures;
  readonly cron: Figures;
}

export interface Result extends Progress {
  /** What rotate did, by its own account, newest first. */
  readonly attempts: readonly Attempt[];
  /** Of `rotate watch`, after SIGTERM. */
  readonly exitCode: number | null;
}

const identities = {
  rotate: { name: "with-rotate", user: "with-rotate@example.com", pat: `dapi${"1".repeat(32)}` },
  tried: { name: "tried", user: "tried@example.com", pat: `dapi${"3".repeat(32)}` },
  cron: { name: "with-cron", user: "with-cron@example.com", pat: `dapi${"2".repeat(32)}` },
};
/** Lives that a restart must fit in, at least: a busy machine is no reason for a credential to end while its successor is brought to the application. */
const restartsInALife = 10;
/** Scripts mint when five sixths of the life are over: every 50 minutes of an hour. */
const cronShare = 5 / 6;

/** Plays it from nothing to nothing: every process that it starts is gone when it resolves or rejects. */
export async function playScenario(options: ScenarioOptions): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  const world = await startWorld(Object.values(identities));
  stack.defer(world.close);
  const rotate = await layOut(join(options.directory, identities.rotate.name), identities.rotate, world);
  stack.defer(rotate.stop);
  const cron = await layOut(join(options.directory, identities.cron.name), identities.cron, world);
  stack.defer(cron.stop);

  const pace = await paceFor(join(options.directory, identities.tried.name), world, options.pace);
  const daemon = await startRotate(rotate, world, pace);
  const script = await startWithCron(cron, world, pace.ttl);
  stack.defer(script.stop);
  await until(() => {
    daemon.assertRunning();
    return rotate.running();
  }, options.patience);
  const loads = {
    rotate: startLoad(rotate.port, options.queriesPerSecond),
    cron: startLoad(cron.port, options.queriesPerSecond),
  };
  const progress = (): Progress => ({
    rotate: figuresOf(rotate, loads.rotate, world),
    cron: figuresOf(cron, loads.cron, world),
  });

  await until(() => {
    daemon.assertRunning();
    options.onProgress?.(progress());
    const { rotate: ours, cron: theirs } = progress();
    return ours.generations >= options.generations && theirs.failures > 0;
  }, options.patience);
  await Promise.all([loads.rotate.stop(), loads.cron.stop()]);
  const exitCode = await daemon.stop();
  return { ...progress(), exitCode, attempts: await history(rotate) };
}

/** The pace, slowed down by what the machine needs for one refresh and restart: tried with an application that is then ended. */
async function paceFor(directory: string, world: World, { ttl, every }: Pace): Promise<Pace> {
  const tried = await layOut(directory, identities.tried, world);
  const began = performance.now();
  try {
    await refreshToken(tried, world, ttl);
    await runFor(tried, tried.restart);
  } finally {
    await tried.stop();
  }
  const slower = Math.max(1, ((performance.now() - began) / 1000) * (restartsInALife / ttl));
  return { ttl: Math.ceil(ttl * slower), every: Math.ceil(every * slower) };
}

async function startWithCron(application: Application, world: World, ttl: number): Promise<Cron> {
  await refreshToken(application, world, ttl);
  await runFor(application, application.restart);
  return startCron(ttl * 1000 * cronShare, () => refreshToken(application, world, ttl));
}

function figuresOf({ identity }: Application, load: Load, { databricks, gateway }: World): Figures {
  const logins = gateway.logins.filter(({ application }) => application === identity.name);
  const accepted = logins.filter(({ outcome }) => outcome === "accepted");
  return {
    ...load.figures(),
    rotations: databricks.mints.filter(({ sub }) => sub === identity.user).length,
    generations: new Set(accepted.map(({ jti }) => jti)).size,
    refusedLogins: logins.length - accepted.length,
  };
}

async function until(reached: () => boolean, patience: number): Promise<void> {
  const deadline = performance.now() + patience;
  while (!reached()) {
    if (performance.now() > deadline) throw new Error(`gave up after ${patience / 1000} s`);
    await sleep(200);
  }
}
