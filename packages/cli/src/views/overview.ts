import {
  sleepOrWake,
  type CauseReport,
  type DaemonView,
  type RotationStatus,
  type Runtime,
  type StatusReport,
  type TroubleReport,
} from "@rotate/core";
import { createSharedBytes } from "./shared-bytes.ts";

/** What does not change while a daemon runs. */
export interface About {
  /** Which rotate this is. */
  readonly version: string;
  readonly host: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Tells this start from others. */
  readonly boot: string;
}

/** A cause for somebody who looks: how many it concerns, the worst of them by name. */
export interface CauseView extends CauseReport {
  readonly count: number;
  readonly message: string;
  readonly kind?: string;
}

/** All that there is to see: a status report with what is known of the daemon. */
export interface Overview extends Omit<StatusReport, "causes"> {
  readonly rotate: string;
  readonly host: string;
  readonly spec: string;
  readonly startedAt: string;
  readonly phase: "starting" | "running" | "draining";
  readonly causes: readonly CauseView[];
  readonly troubles: readonly TroubleReport[];
  readonly specProblem?: string;
  /** `boot:number`; another one when anything but the time is different. */
  readonly seq: string;
}

/** What is different since the last one. */
export interface Patch extends Omit<Overview, "version" | "rotate" | "host" | "spec" | "startedAt"> {
  /** The `seq` that it starts from. */
  readonly since: string;
  /** Names of those that are gone. */
  readonly removed: readonly string[];
}

/** How things stand, looked at when somebody wants to know. */
export interface Outlook {
  readonly read: () => Promise<Overview>;
  /** An overview or a patch as JSON, masked. A row is masked once, when it has changed: there may be thousands of rows, and of secrets. */
  readonly text: (told: Pick<Overview, "rotations">) => string;
  /** The text of a whole overview, the same for all who are sent it at a time. */
  readonly bytes: (overview: Overview) => Uint8Array;
  /** Tells each change, at most twice a second. Gives what ends it. */
  readonly follow: (listener: (patch: Patch) => void) => () => void;
}

/** What an outlook looks at. */
export interface OutlookParts {
  readonly daemon: DaemonView;
  readonly runtime: Pick<Runtime, "monotonic" | "sleep" | "log" | "masker">;
  readonly about: About;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A look is good for so long, ms, and for so many times as long as it took: looking takes no more than a fifth of the time. */
const fresh = 500;
const rests = 4;
/** How often it is looked at for what time alone changes. ms */
const lookEvery = 10_000;

/** A row as JSON: as it is, to be compared, and as it may be told. */
interface RowText {
  readonly raw: string;
  readonly told: string;
}

interface Seen {
  readonly overview: Overview;
  readonly lookedAt: number;
  readonly rows: ReadonlyMap<string, RowText>;
  /** All but rows and times, as text. */
  readonly rest: string;
  readonly number: number;
}

/** An outlook on a daemon. Looks when it is asked, and for those who follow also when something happens and each ten seconds. */
export function createOutlook({ daemon, runtime, about, signal }: OutlookParts): Outlook {
  const listeners = new Set<(patch: Patch) => void>();
  let seen: Seen | undefined;
  let looking: Promise<Seen> | undefined;
  let isStale = true;
  let isPaced = false;
  let pace = fresh;

  async function look(): Promise<Seen> {
    isStale = false;
    const begun = runtime.monotonic();
    const now = await seeNow(daemon, { about, lookedAt: runtime.monotonic(), mask: runtime.masker.mask }, seen);
    const patch = seen === undefined ? undefined : patchOf(seen, now);
    seen = now;
    pace = Math.max(fresh, rests * (runtime.monotonic() - begun));
    if (patch !== undefined) for (const tell of listeners) tell(patch);
    return now;
  }

  function lookOnce(): Promise<Seen> {
    looking ??= look().finally(() => (looking = undefined));
    return looking;
  }

  /** For those who follow. */
  async function lookSoon(milliseconds: number): Promise<void> {
    await sleepOrWake(runtime, milliseconds, signal);
    if (signal.aborted || listeners.size === 0) return;
    await lookOnce().catch((error: unknown) => runtime.log.warn("could not look", { error }));
  }

  daemon.events.on(() => {
    isStale = true;
    if (isPaced || listeners.size === 0) return;
    isPaced = true;
    void lookSoon(pace).finally(() => (isPaced = false));
  });

  async function lookOnAndOn(): Promise<void> {
    while (!signal.aborted) await lookSoon(lookEvery);
  }
  void lookOnAndOn();

  const text = (told: Pick<Overview, "rotations">): string => textOf(told, seen?.rows, runtime.masker.mask);
  return {
    async read() {
      const age = seen === undefined ? Infinity : runtime.monotonic() - seen.lookedAt;
      const isGood = age < (isStale ? pace - fresh : pace);
      return (isGood && seen ? seen : await lookOnce()).overview;
    },
    text,
    bytes: createSharedBytes(text),
    follow(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function seeNow(
  daemon: DaemonView,
  { about, lookedAt, mask }: { readonly about: About; readonly lookedAt: number; readonly mask: Mask },
  before: Seen | undefined,
): Promise<Seen> {
  const { causes, rotations, ...report } = await daemon.status();
  const views = viewsOf(causes, rotations);
  const head = { phase: daemon.phase(), causes: views, summary: report.summary };
  const rest = JSON.stringify([
    head,
    report.troubles,
    report.specProblem,
    report.serve,
    report.untold,
    lastingOf(report.hosts),
  ]);
  const rows = new Map(rotations.map((row) => [row.name, rowText(row, before?.rows.get(row.name), mask)]));
  const isSame = before !== undefined && before.rest === rest && haveSameRows(before.rows, rows);
  const number = (before?.number ?? 0) + (isSame ? 0 : 1);
  const { version: rotate, host, startedAt, boot } = about;
  const known = { rotate, host, spec: daemon.spec().file, startedAt, seq: `${boot}:${number}` };
  return { overview: { ...report, ...known, ...head, rotations }, lookedAt, rows, rest, number };
}

/** A machine that goes on is heard of all the time: that is no news. */
function lastingOf(hosts: Overview["hosts"]): unknown {
  return hosts?.map((host) => (host.alive ? { ...host, seenAt: undefined } : host));
}

type Mask = Runtime["masker"]["mask"];

function rowText(row: RotationStatus, before: RowText | undefined, mask: Mask): RowText {
  const raw = JSON.stringify(row);
  return before?.raw === raw ? before : { raw, told: mask(raw) };
}

function textOf(
  { rotations, ...head }: Pick<Overview, "rotations">,
  rows: Seen["rows"] | undefined,
  mask: Mask,
): string {
  const texts = rotations.map((row) => rows?.get(row.name)?.told ?? mask(JSON.stringify(row)));
  return `${mask(JSON.stringify(head)).slice(0, -1)},"rotations":[${texts.join(",")}]}`;
}

const shownNames = 3;

function viewsOf(causes: readonly CauseReport[], rotations: readonly RotationStatus[]): readonly CauseView[] {
  const kinds = new Map(rotations.map(({ provider, kind }) => [provider, kind]));
  return causes.map((cause) => {
    const kind = kinds.get(cause.provider);
    const { names, messages } = cause;
    const short = { names: names.slice(0, shownNames), count: names.length, message: messages[0] ?? cause.code };
    return { ...cause, ...short, ...(kind !== undefined && { kind }) };
  });
}

function haveSameRows(one: Seen["rows"], other: Seen["rows"]): boolean {
  return one.size === other.size && [...other].every(([name, { raw }]) => one.get(name)?.raw === raw);
}

/** Undefined when nothing but the time is different. */
function patchOf(before: Seen, { overview, rows, number }: Seen): Patch | undefined {
  if (number === before.number) return undefined;
  const { at, seq, phase, summary, causes, troubles, specProblem, serve, untold, hosts } = overview;
  return {
    at,
    since: before.overview.seq,
    seq,
    phase,
    summary,
    causes,
    troubles,
    ...(specProblem !== undefined && { specProblem }),
    ...(serve && { serve }),
    ...(untold && { untold }),
    ...(hosts && { hosts }),
    rotations: overview.rotations.filter(({ name }) => before.rows.get(name)?.raw !== rows.get(name)?.raw),
    removed: [...before.rows.keys()].filter((name) => !rows.has(name)),
  };
}
