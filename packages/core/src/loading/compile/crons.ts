import type { Fault } from "../fault.ts";
import { nameOf } from "../fault.ts";
import type { WrittenCron } from "./refresh.ts";

/** Holds cron expressions against the parser that will run them. It is loaded only when there is one. */
export async function checkCrons(crons: readonly WrittenCron[]): Promise<readonly Fault[]> {
  if (crons.length === 0) return [];
  const { Cron } = await import("croner");
  return crons.flatMap(({ cron, timezone, path }) => {
    try {
      const next = new Cron(cron, { paused: true, ...(timezone !== undefined && { timezone }) }).nextRun();
      return next === null ? [{ path, message: `${nameOf(path)} never comes` }] : [];
    } catch (error) {
      const hint = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : undefined;
      return [{ path, message: `${nameOf(path)} is no cron expression`, hint }];
    }
  });
}
