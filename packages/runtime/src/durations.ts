import { durationUnits } from "@rotate/plugin-kit/grammar";

export { durationPattern, parseDuration } from "@rotate/plugin-kit/grammar";

/** A share of a life as it is written in a spec: `66%`, `7.5%`. */
export const percentagePattern = "^\\d{1,3}(\\.\\d{1,3})?%$";

const percentage = new RegExp(percentagePattern);

/** The shortest way to write a number of milliseconds, rounded to whole ones: `5400000` is `1h30m`, `0` is `0s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(Math.max(0, milliseconds));
  const parts = Object.entries(durationUnits).map(([unit, size]) => {
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
