/** Tries that fail for one cause: the first are lines of their own, then one line tells of all of them, now and again. */
import { placeOf, type EngineEvent, type CallPlace } from "@rotate/core";
import type { Line } from "./event-line.ts";
import { figure } from "./figure.ts";
import { will } from "./time.ts";

/** Gives the line as it is to be told; `debug` is the level of what the log tells of already. @param now milliseconds since 1970 */
export type Folding = (event: EngineEvent, line: Line, now: number) => Line;

interface Failure {
  readonly key: string;
  readonly provider: string;
  readonly phase?: CallPlace | undefined;
  readonly message: string;
  /** RFC 3339. */
  readonly nextAt?: string | undefined;
}

interface Cause {
  /** Those whose last try failed for it. */
  readonly names: Set<string>;
  /** When they failed, as far as that is of interest. ms */
  tries: readonly number[];
  /** When all of them were told of in one line. ms */
  toldAt?: number;
}

const minute = 60_000;
const mostLines = 2;
const again = 10 * minute;

/** A log that tells of nothing yet. */
export function createFolding(): Folding {
  const causes = new Map<string, Cause>();

  function isFolded(name: string): boolean {
    return [...causes.values()].some(({ names, toldAt }) => toldAt !== undefined && names.has(name));
  }

  function forget(name: string, kept: string | undefined): void {
    for (const [key, { names }] of causes)
      if (key !== kept && names.delete(name) && names.size === 0) causes.delete(key);
  }

  function failed(name: string, failure: Failure, now: number): Cause {
    const cause = causes.get(failure.key) ?? { names: new Set(), tries: [] };
    causes.set(failure.key, cause);
    cause.names.add(name);
    cause.tries = [...cause.tries.filter((at) => at > now - minute), now].slice(-mostLines - 1);
    return cause;
  }

  return (event, line, now) => {
    if (event.type === "spec-reloaded") causes.clear();
    if (event.type === "rotation-started") return isFolded(event.rotation) ? hushed(line) : line;
    if (event.type !== "rotation-finished" && event.type !== "retry-scheduled") return line;
    const failure = failureOf(event);
    forget(event.rotation, failure?.key);
    if (failure === undefined) return line;
    const cause = failed(event.rotation, failure, now);
    if (cause.toldAt === undefined && cause.tries.length <= mostLines) return line;
    if (cause.toldAt !== undefined && now - cause.toldAt < again) return hushed(line);
    cause.toldAt = now;
    return together(cause, failure, { line, now });
  };
}

function hushed(line: Line): Line {
  return { ...line, level: "debug" };
}

function failureOf(
  event: Extract<EngineEvent, { type: "rotation-finished" | "retry-scheduled" }>,
): Failure | undefined {
  if (event.type === "retry-scheduled") {
    const { code, message } = event.error;
    return { key: `${code} ${message}`, provider: "", message, nextAt: new Date(event.at).toISOString() };
  }
  const { phases, provider, nextAt } = event.report;
  const failed = phases.find(({ error }) => error !== undefined);
  if (failed?.error === undefined) return undefined;
  const { code, message } = failed.error;
  return { key: `${code}/${provider}`, provider, phase: failed.phase, message, nextAt };
}

const lasting = "told again every 10m while it lasts";

function together(
  { names }: Cause,
  { provider, phase, message, nextAt }: Failure,
  { line, now }: { readonly line: Line; readonly now: number },
): Line {
  if (names.size === 1) return { ...line, message: `${line.message} (${lasting})` };
  const where = phase === undefined ? "" : `: ${placeOf({ phase, provider })} failed`;
  const next = nextAt === undefined ? "" : `, next try ${will(nextAt, now)}`;
  return { level: "warn", message: `${figure(names.size)} rotations${where}${next}: ${message} (${lasting})` };
}
