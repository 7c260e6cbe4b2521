import type { Row } from "./model.ts";

/** Draws what is left of a life: now, the refresh and the deadline as shares of it, set where a strict CSP allows it. @param now ms since 1970 */
export function drawBar(element: HTMLElement, { held, expiresAt, refreshAt, deadline }: Row, now: number): void {
  const to = expiresAt === undefined ? NaN : Date.parse(expiresAt);
  const kind = Number.isNaN(to) ? "bar none" : to <= now ? "bar over" : "bar";
  if (element.className !== kind) element.className = kind;
  if (Number.isNaN(to)) return;
  const from = held === undefined ? now : Date.parse(held.issuedAt);
  const marks = { "--now": now, "--ref": timeOf(refreshAt, to), "--dl": timeOf(deadline, to) };
  for (const [key, at] of Object.entries(marks)) {
    const share = `${Math.max(0, Math.min(100, ((at - from) / Math.max(1, to - from)) * 100)).toFixed(1)}%`;
    if (element.style.getPropertyValue(key) !== share) element.style.setProperty(key, share);
  }
}

function timeOf(at: string | undefined, otherwise: number): number {
  return at === undefined ? otherwise : Date.parse(at);
}
