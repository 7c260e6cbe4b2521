/** The first time after `after` (ms) that a cron expression names; undefined when there is none. */
export type NextCron = (
  expression: { readonly cron: string; readonly timezone: string | undefined },
  after: number,
) => number | undefined;

/** For specs without cron expressions: nothing is loaded. */
export function noCron(): undefined {
  return undefined;
}

/** Loads croner and gives a NextCron. */
export async function loadCron(): Promise<NextCron> {
  const { Cron } = await import("croner");
  const parsed = new Map<string, InstanceType<typeof Cron>>();
  return ({ cron, timezone }, after) => {
    const key = `${timezone ?? ""} ${cron}`;
    const job = parsed.get(key) ?? new Cron(cron, { paused: true, ...(timezone !== undefined && { timezone }) });
    parsed.set(key, job);
    return job.nextRun(new Date(after))?.getTime();
  };
}

/** The mean time between the next times that an expression names, ms; Infinity when there are none. */
export function meanGap(
  expression: { readonly cron: string; readonly timezone: string | undefined },
  now: number,
  nextCron: NextCron,
): number {
  const looked = 50;
  const times: number[] = [];
  for (let at = nextCron(expression, now); at !== undefined && times.length < looked; at = nextCron(expression, at))
    times.push(at);
  return times.length < 2 ? Infinity : (times.at(-1)! - times[0]!) / (times.length - 1);
}
