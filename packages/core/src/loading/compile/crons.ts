import { formatDuration } from "@rotate/runtime";
import type { Fault, Path } from "../fault.ts";
import { nameOf } from "../fault.ts";
import type { WrittenCron } from "./refresh.ts";

/** So many of the next times are looked at. */
const looked = 50;

function tooSeldom(times: readonly number[], { path, life }: { path: Path; life: number }): readonly Fault[] {
  const gap = Math.min(...times.slice(1).map((time, index) => time - times[index]!));
  if (gap <= life) return [];
  const message = `${nameOf(path)} comes every ${formatDuration(gap)} at the most often, but the credential is to be replaced within ${formatDuration(life)}`;
  return [{ path, message, hint: "let it come more often, or leave refresh out" }];
}

/** Holds cron expressions against the parser that will run them. It is loaded only when there is one. */
export async function checkCrons(crons: readonly WrittenCron[]): Promise<readonly Fault[]> {
  if (crons.length === 0) return [];
  const { Cron } = await import("croner");
  return crons.flatMap(({ cron, timezone, path, life }) => {
    try {
      const job = new Cron(cron, { paused: true, ...(timezone !== undefined && { timezone }) });
      const times = job.nextRuns(looked).map((time) => time.getTime());
      if (times.length === 0) return [{ path, message: `${nameOf(path)} never comes` }];
      return life === undefined ? [] : tooSeldom(times, { path, life });
    } catch (error) {
      const hint = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : undefined;
      return [{ path, message: `${nameOf(path)} is no cron expression`, hint }];
    }
  });
}
