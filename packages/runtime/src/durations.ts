const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** A duration as it is written in a spec: `90s`, `50m`, `1h30m`, `2d`, `500ms`; larger units first, each at most once, no fractions. */
export const durationPattern = "^(?=\\d)(\\d{1,9}d)?(\\d{1,9}h)?(\\d{1,9}m)?(\\d{1,9}s)?(\\d{1,9}ms)?$";

/** A share of a life as it is written in a spec: `66%`, `7.5%`. */
export const percentagePattern = "^\\d{1,3}(\\.\\d{1,3})?%$";

const duration = new RegExp(durationPattern);
const percentage = new RegExp(percentagePattern);

/** Milliseconds of a written duration; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([a-z]+)/g)]
    .map(([, count, unit]) => Number(count) * units[unit as keyof typeof units])
    .reduce((sum, part) => sum + part, 0);
}

/** The shortest way to write a number of milliseconds, rounded to whole ones: `5400000` is `1h30m`, `0` is `0s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(Math.max(0, milliseconds));
  const parts = Object.entries(units).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.join("") || "0s";
}

/** `66%` as 0.66; undefined when it is no percentage up to 100. */
export function parsePercentage(text: string): number | undefined {
  if (!percentage.test(text)) return undefined;
  const share = Number(text.slice(0, -1)) / 100;
  return share <= 1 ? share : undefined;
}
