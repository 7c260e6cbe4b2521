import { type Engine, type HistoryOptions, type HistoryReport, type Outcome, selectByName } from "@rotate/core";
import type { ActionInput, NamesArgs } from "../action.ts";
import { countValue, instantValue } from "../flag-values.ts";
import { renderHistory } from "../output/history-table.ts";
import { lookOf } from "../output/look.ts";
import { withEngine } from "../with-engine.ts";

/** As typed; a whole number, times (`24h`, or an instant). */
export interface HistoryFlags {
  readonly limit?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly outcome?: readonly string[] | undefined;
  readonly all?: boolean;
  readonly jsonl?: boolean;
}
type Input = ActionInput<HistoryFlags, NamesArgs>;

const defaultLimit = 20;
/** So many may be folded into one line. */
const perLine = 25;
const everything = 1_000_000;

/** `rotate history`: what was tried and what happened beside it. */
export function history(input: Input): Promise<HistoryReport | undefined> {
  const { flags, args, json, terminal } = input;
  const limit = countValue("limit", flags.limit);
  return withEngine(input, { reading: true }, async ({ engine, now }) => {
    const asked = boundsOf(flags, now());
    const names = args.names?.length ? await namesOf(engine, args.names) : undefined;
    if (flags.jsonl === true) return exportAll(input, engine, { ...asked, names, limit: limit ?? everything });
    const lines = limit ?? defaultLimit;
    const isWhole = json || flags.all === true;
    const report = await historyOf(engine, { ...asked, names, limit: isWhole ? lines : lines * perLine });
    if (json) return report;
    const [only] = names?.length === 1 ? names : [];
    const detail = only === undefined ? undefined : await engine.detail(only, { limit: 1 });
    const view = { limit: lines, whole: isWhole, now: detail };
    terminal.out(renderHistory(report, view, lookOf(terminal, now())));
    return report;
  });
}

type Bounds = Pick<HistoryOptions, "before" | "after" | "outcomes">;
type Asked = Bounds & { readonly names: readonly string[] | undefined; readonly limit: number };

function boundsOf({ since, until, outcome = [] }: HistoryFlags, now: number): Bounds {
  const [after, before] = [instantValue("since", since, now), instantValue("until", until, now)];
  return {
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(outcome.length > 0 && { outcomes: outcome as readonly Outcome[] }),
  };
}

/** Those that the state or the spec knows. */
async function namesOf(engine: Engine, patterns: readonly string[]): Promise<readonly string[]> {
  const known = (await engine.known()).map((name) => ({ name }));
  return selectByName(known, patterns).map(({ name }) => name);
}

/** The newest of all of them. What is asked for by how it ended is an attempt. */
async function historyOf(engine: Engine, { names, limit, ...bounds }: Asked): Promise<HistoryReport> {
  const asked = names ?? [undefined];
  const reports = await Promise.all(
    asked.map((name) => engine.history({ ...bounds, limit, ...(name !== undefined && { name }) })),
  );
  const events = bounds.outcomes === undefined ? reports.flatMap((report) => report.events) : [];
  const attempts = reports.flatMap((report) => report.attempts);
  return {
    version: 1,
    attempts: attempts.toSorted((one, other) => newest(one.startedAt, other.startedAt)).slice(0, limit),
    events: events.toSorted((one, other) => newest(one.at, other.at)).slice(0, limit),
  };
}

function newest(one: string, other: string): number {
  return one < other ? 1 : -1;
}

/** An object a line, rotation by rotation, the oldest first. */
async function exportAll({ terminal }: Input, engine: Engine, { names, limit, ...bounds }: Asked): Promise<undefined> {
  for (const name of names ?? (await engine.known())) {
    const report = await historyOf(engine, { ...bounds, names: [name], limit });
    const lines = [
      ...report.attempts.map((attempt) => ({ at: attempt.startedAt, type: "attempt", ...attempt })),
      ...report.events,
    ].toSorted((one, other) => (one.at < other.at ? -1 : 1));
    for (const line of lines.slice(-limit)) terminal.out(JSON.stringify(line));
  }
}
