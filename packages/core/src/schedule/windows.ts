import type { RefreshPolicy } from "./policy.ts";
import type { NextCron } from "./cron.ts";

/** More starts than this are not looked at: a window that opens so often is always near. */
const looked = 1_000;

/** The instant itself when it lies in a window; else the next window if that is in time, else the last one before, else the instant: expiry comes first. All ms. */
export function inWindow(
  { at, latest, from }: { readonly at: number; readonly latest: number; readonly from: number },
  { windows }: Pick<RefreshPolicy, "windows">,
  nextCron: NextCron,
): number {
  if (windows.length === 0 || !Number.isFinite(at)) return at;
  const spans = windows.flatMap((window) => spansOf(window, { at, latest, from }, nextCron));
  if (spans.some(({ start, end }) => start <= at && at < end)) return at;
  const later = spans.filter(({ start }) => start > at).map(({ start }) => start);
  if (later.length > 0) return Math.min(...later);
  const earlier = spans.filter(({ start, end }) => start > from && end <= at).map(({ start }) => start);
  return earlier.length > 0 ? Math.max(...earlier) : at;
}

/** A window's spans up to the first that opens after `at`. */
function spansOf(
  window: RefreshPolicy["windows"][number],
  { at, latest, from }: { at: number; latest: number; from: number },
  nextCron: NextCron,
): readonly { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let start = nextCron(window, from - window.duration);
  while (start !== undefined && start <= latest && spans.length < looked) {
    spans.push({ start, end: start + window.duration });
    if (start > at) break;
    start = nextCron(window, start);
  }
  return spans;
}
