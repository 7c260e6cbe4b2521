/** Milliseconds of each unit, the largest first. */
export const durationUnits = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** A duration as it is written in a spec: `90s`, `50m`, `1h30m`, `2d`, `500ms`; larger units first, each at most once, no fractions. */
export const durationPattern = "^(?=\\d)(\\d{1,9}d)?(\\d{1,9}h)?(\\d{1,9}m)?(\\d{1,9}s)?(\\d{1,9}ms)?$";

const duration = new RegExp(durationPattern);

/** Milliseconds of a written duration; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([a-z]+)/g)]
    .map(([, count, unit]) => Number(count) * durationUnits[unit as keyof typeof durationUnits])
    .reduce((sum, part) => sum + part, 0);
}
