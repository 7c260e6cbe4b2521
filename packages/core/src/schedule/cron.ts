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
