/** What the page knows: the last answer of the API, kept up to date by what is told since. No element here. */
import type { DetailReport, RotationStatus, StandingState } from "@rotate/core";
import type { CauseView, Overview, Patch } from "../src/views/overview.ts";
import { stateOrder } from "../src/output/headline.ts";

export type { CauseView, DetailReport, Overview, Patch };
/** A rotation in the list. */
export type Row = RotationStatus;

/** What is looked for in the list. */
export interface Filter {
  readonly text: string;
  readonly state: StandingState | "rotating" | "";
  readonly cause: string;
  readonly provider: string;
}

/** Looks for nothing: shows all. */
export const noFilter: Filter = { text: "", state: "", cause: "", provider: "" };

/** Worst first, then what ends soonest. */
export function compareRows(one: Row, other: Row): number {
  return (
    stateOrder.indexOf(one.state) - stateOrder.indexOf(other.state) ||
    textOrder(one.expiresAt ?? "9", other.expiresAt ?? "9") ||
    textOrder(one.name, other.name)
  );
}

function textOrder(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Does a row hold every word that is looked for? */
export function matches(row: Row, { text, state, cause, provider }: Filter): boolean {
  if (state !== "" && row.state !== state && !(state === "rotating" && row.rotating !== undefined)) return false;
  if (cause !== "" && row.cause !== cause) return false;
  if (provider !== "" && row.provider !== provider) return false;
  const words = text.toLowerCase().split(/\s+/);
  const { lastError } = row;
  const all = [row.name, row.provider, row.kind, row.host, row.state, lastError?.code, lastError?.message]
    .join(" ")
    .toLowerCase();
  return words.every((word) => all.includes(word));
}

/** The overview after a patch, and in words which rotations changed their state. */
export function patched(
  before: Overview,
  { rotations, removed, ...head }: Patch,
): { readonly overview: Overview; readonly said: readonly string[] } {
  const rows = new Map(before.rotations.map((row) => [row.name, row]));
  const changed = rotations.filter(({ name, state }) => rows.get(name)?.state !== state);
  for (const row of rotations) rows.set(row.name, row);
  for (const name of removed) rows.delete(name);
  const said = [...changed.map(({ name, state }) => `${name}: ${state}`), ...removed.map((name) => `${name}: gone`)];
  const { version, rotate, host, spec, startedAt } = before;
  return { overview: { version, rotate, host, spec, startedAt, ...head, rotations: [...rows.values()] }, said };
}

/** What was tried last, and how it went. */
export function lastOf({ lastSuccess, lastError }: Row): { readonly at: string; readonly outcome: string } | undefined {
  const isFailed = lastError !== undefined && (lastSuccess === undefined || lastError.at > lastSuccess);
  if (isFailed) return { at: lastError.at, outcome: "failed" };
  return lastSuccess === undefined ? undefined : { at: lastSuccess, outcome: "rotated" };
}
