import { type Context, lastLines, RotateError } from "@rotate/plugin-kit";
import { type Container, inspect } from "./container.ts";
import type { Engine } from "./engine.ts";

/** How long a container may take to get up, and must stay up; milliseconds. */
export interface WaitOptions {
  readonly healthyWithin: number;
  readonly stableFor: number;
}

const interval = 250;

/** The last lines that a container wrote. Without a terminal each piece has a header of 8 bytes (Engine API, ContainerAttach, stream format), of which text is left. */
async function logs({ call }: Engine, name: string): Promise<string> {
  const query = { stdout: true, stderr: true, tail: 10 };
  const answer = await call("GET", `/containers/${encodeURIComponent(name)}/logs`, { query });
  return lastLines(answer.text().replaceAll(/[\0-\x02]\0{3}[^]{4}/g, ""));
}

async function failed(message: string, engine: Engine, name: string): Promise<RotateError> {
  const hint = `see docker logs ${name}`;
  return new RotateError(`${message}: ${await logs(engine, name)}`, { code: "FAILED", retryable: false, hint });
}

/** Starting, or up but not yet checked. */
function isGettingUp({ status, running, health }: Container): boolean {
  return status === "created" || (running && status !== "restarting" && health === "starting");
}

function isUp({ status, running, health }: Container): boolean {
  return running && status === "running" && (health === "healthy" || health === "none");
}

/** Waits until the container runs, is healthy if it has a health check, and has stayed so. Throws FAILED with its last lines. */
export async function waitUntilUp(engine: Engine, name: string, ctx: Context<WaitOptions>): Promise<void> {
  const { healthyWithin, stableFor } = ctx.options;
  const end = ctx.now() + healthyWithin;
  let now = await inspect(engine, name);
  while (isGettingUp(now)) {
    if (ctx.now() >= end) throw await failed(`${name} is not healthy in time`, engine, name);
    await ctx.sleep(interval);
    now = await inspect(engine, name);
  }
  if (!isUp(now)) throw await failed(describe(now), engine, name);
  await ctx.sleep(stableFor);
  const later = await inspect(engine, name);
  if (isUp(later) && later.startedAt === now.startedAt && later.restartCount === now.restartCount) return;
  throw await failed(isUp(later) ? `${name} started and died` : describe(later), engine, name);
}

function describe({ name, status, health, running, exitCode }: Container): string {
  if (running && health === "unhealthy") return `${name} is unhealthy`;
  return `${name} is ${status} (exit ${exitCode})`;
}
