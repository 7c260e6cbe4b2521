/** A week of an author's provider in virtual time: the real engine, run as from a timer, over the outside that the author's harness plays. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, exitCodeOfRun, openEngine, openLocalBackend, type Engine } from "@rotate/core";
import {
  createFakeClock,
  type FakeClock,
  findLeaks,
  type Leak,
  optionsByEnv,
  type ProviderHarness,
  type ProviderStage,
  type Way,
  withDefaults,
} from "@rotate/testkit";
import { drawnBy } from "./drawn.ts";
import { type Calls, type MintedInWeek, watched } from "./calls.ts";
import { type Place, weekSpecOf } from "./spec.ts";
import { periodOf, type Trouble, troubleAt, troublesOf, week } from "./troubles.ts";

/** What was seen at one instant. */
export interface Look {
  /** ms from the beginning of the week. */
  readonly at: number;
  readonly trouble: Trouble | undefined;
  /** Of `rotate run`; undefined while the machine is off. */
  readonly exit: number | undefined;
  readonly reason: string | undefined;
  /** Does what the consumer holds work? Undefined: it holds nothing yet. */
  readonly works: boolean | undefined;
  /** Does the credential before it still work? Undefined: there is none, or nobody can tell. */
  readonly beforeWorks: boolean | undefined;
  /** Since when the consumer has held it, ms from the beginning. */
  readonly heldSince: number;
}

/** A week that was played. */
export interface PlayedWeek {
  /** Of a credential, ms; Infinity: never. */
  readonly life: number;
  readonly period: number;
  readonly troubles: readonly Trouble[];
  readonly looks: readonly Look[];
  readonly minted: readonly MintedInWeek[];
  readonly leaks: readonly Leak[];
  /** Could the issuer be reached in the ways that the week asks for? */
  readonly hasWay: boolean;
}

/** What plays the issuer. */
export interface WeekHarness<S extends ProviderStage = ProviderStage> extends ProviderHarness<S> {
  /** Tells an outside in another process what time it is. Absent: it can see for itself. */
  readonly tell?: (stage: S) => Promise<void>;
}

interface World {
  readonly harness: WeekHarness;
  readonly stage: ProviderStage;
  readonly clock: FakeClock;
  readonly began: number;
  readonly way: Way | undefined;
  readonly calls: Calls;
  readonly place: Place;
  /** When the engine wants to run next, ms since 1970; NaN: it did not say. */
  readonly dueAt: { wall: number };
  /** Since when the consumer has held what it holds. */
  readonly held: { json: string | undefined; since: number };
}

const day = 24 * 3_600_000;
/** Of the secrets that were minted, so many are looked for in state and log: each is looked for in dozens of encodings. */
const lookedFor = 8;

/** Plays it. Throws what the harness throws, and what nobody expects of an engine. */
export async function playWeek(harness: WeekHarness): Promise<PlayedWeek> {
  const directory = mkdtempSync(join(tmpdir(), "rotate-week-"));
  mkdirSync(join(directory, "state"), { mode: 0o700 });
  const clock = createFakeClock({ start: Date.now() });
  const stage = await harness.start({ now: clock.now });
  try {
    return await playIn(directory, { harness, stage, clock });
  } finally {
    await stage.close?.();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function playIn(
  directory: string,
  { harness, stage, clock }: Pick<World, "harness" | "stage" | "clock">,
): Promise<PlayedWeek> {
  const { options, env } = await optionsByEnv(stage);
  const log: string[] = [];
  const runtime = createRuntime({
    clock,
    env,
    random: drawnBy(1),
    log: { write: (line) => void log.push(line), level: "debug", format: "json" },
  });
  const calls = watched(harness.provider, clock.now, async () => harness.tell?.(stage));
  const place: Place = { sink: undefined, consumer: undefined };
  const request = withDefaults(harness.provider.request ?? { type: "object" }, stage.request ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const { fields } = harness.provider;
  const spec = (every: number | undefined) =>
    weekSpecOf({
      directory,
      provider: calls.provider,
      options: withDefaults(harness.provider.options, options) as typeof options,
      request,
      fields: typeof fields === "function" ? fields(request) : fields,
      every,
      place,
    });
  // The issuer's answers would tell the machine's time.
  const timeless = { ...runtime, http: withoutDate(runtime.http) };
  const machine = { machineId: "week", bootId: "week", uptime: clock.monotonic };
  const first = spec(undefined);
  const backend = await openLocalBackend({
    spec: first,
    runtime: timeless,
    stateDir: join(directory, "state"),
    machine,
  });
  const world: World = {
    harness,
    stage,
    clock,
    began: clock.now(),
    way: harness.way?.(stage),
    calls,
    place,
    dueAt: { wall: NaN },
    held: { json: undefined, since: 0 },
  };
  try {
    const engine = await openEngine({ spec: first, runtime: timeless, backend, by: "week" });
    const played = await playOn(world, engine, (every) => engine.take(spec(every)));
    const secrets = [...(stage.secrets ?? []), ...[...calls.secrets].slice(-lookedFor)];
    const surfaces = { "the log": log.join("\n"), "the state": { directory: join(directory, "state") } };
    return { ...played, leaks: await findLeaks(secrets, surfaces) };
  } finally {
    await backend.close();
  }
}

async function playOn(
  world: World,
  engine: Engine,
  every: (ms: number) => Promise<void>,
): Promise<Omit<PlayedWeek, "leaks">> {
  const { clock, began, calls } = world;
  const looks: Look[] = [];
  looks.push(await look(world, { at: 0, trouble: undefined }, await run(world, engine)));
  const [first] = calls.minted;
  const life = first === undefined ? day : first.until - first.at;
  if (!Number.isFinite(life)) await every(day);
  const span = Number.isFinite(life) ? life : day;
  const [period, troubles] = [periodOf(span), troublesOf(life)];
  const end = first === undefined || life <= 0 ? 0 : week;
  const grid = { period, longest: Math.max(period, span / 4), troubles };
  for (let at = period; at < end; at = nextAfter(at, world, grid)) {
    await clock.advance(Math.max(0, began + at - clock.now()));
    const trouble = troubleAt(troubles, at);
    apply(world, trouble);
    const ran = trouble?.kind === "off" ? undefined : await run(world, engine, { trouble, every: period });
    looks.push(await look(world, { at, trouble }, ran));
  }
  return { life, period, troubles, looks, minted: calls.minted, hasWay: world.way !== undefined };
}

/** The next run of the timer at which something may happen: the ones in between would find nothing due. */
function nextAfter(
  at: number,
  { dueAt, began }: World,
  {
    period,
    longest,
    troubles,
  }: { readonly period: number; readonly longest: number; readonly troubles: readonly Trouble[] },
): number {
  if (troubleAt(troubles, at) !== undefined) return at + period;
  const edges = troubles.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > at);
  const due = Number.isFinite(dueAt.wall) ? dueAt.wall - began : Infinity;
  const wanted = Math.min(due, at + longest, ...edges);
  return at + Math.max(1, Math.ceil((wanted - at) / period)) * period;
}

/** Is brought about on the way to the issuer, from now on. */
function apply({ way }: World, trouble: Trouble | undefined): void {
  if (trouble === undefined || trouble.kind === "off") return way?.mend();
  if (trouble.kind === "silent") return way?.hang();
  const statuses = { refused: 403, broken: 500, busy: 429, long: 503 };
  way?.refuse(statuses[trouble.kind]);
}

interface Ran {
  readonly exit: number;
  readonly reason: string | undefined;
}

async function run(
  world: World,
  engine: Engine,
  { trouble, every }: { readonly trouble?: Trouble | undefined; readonly every?: number } = {},
): Promise<Ran> {
  const running = engine.run({ timeout: 0, ...(every !== undefined && { every }) });
  const report = await settled(world, running, trouble?.kind === "silent");
  const [rotation] = report.rotations;
  world.dueAt.wall = Date.parse(rotation?.nextAt ?? "");
  return { exit: exitCodeOfRun(report), reason: rotation?.reason };
}

/** A call to the author's provider that takes longer is given up by its time limit. Real ms. */
const longestCall = 60_000;
/** By which virtual time goes on while nobody is at work, ms. */
const step = 500;

/** Waits while the provider works, in real time; lets virtual time pass while somebody waits for that. */
async function settled<T>({ calls, clock }: World, work: Promise<T>, isSilent: boolean): Promise<T> {
  const state = { over: false };
  const done = work.finally(() => (state.over = true));
  done.catch(() => undefined); // it is awaited below
  const since = performance.now();
  for (let quiet = 0; !state.over;) {
    await new Promise((resolve) => setTimeout(resolve, calls.isAtWork() ? 1 : 0));
    const mustWait = calls.isAtWork() && !isSilent && performance.now() - since < longestCall;
    quiet = mustWait ? 0 : quiet + 1;
    if (!state.over && quiet > 2) await clock.advance(step);
  }
  return done;
}

async function look(world: World, at: Pick<Look, "at" | "trouble">, ran: Ran | undefined): Promise<Look> {
  const { place, calls, held, harness } = world;
  const json = place.consumer && JSON.stringify(place.consumer);
  if (json !== held.json) Object.assign(held, { json, since: at.at });
  const index = calls.minted.findLastIndex(({ fields }) => JSON.stringify(fields) === json);
  const before = calls.minted.slice(0, Math.max(0, index)).findLast(({ fields }) => JSON.stringify(fields) !== json);
  return {
    ...at,
    exit: ran?.exit,
    reason: ran?.reason,
    heldSince: held.since,
    works: place.consumer && (await works(world, place.consumer, calls.minted[index])),
    beforeWorks: harness.isLive && before && (await works(world, before.fields, before)),
  };
}

async function works(
  { harness, stage, clock }: World,
  fields: Readonly<Record<string, string>>,
  known: MintedInWeek | undefined,
): Promise<boolean> {
  const byLife = known !== undefined && clock.now() < known.until;
  return (await harness.isLive?.(stage, fields)) ?? byLife;
}

type Http = ReturnType<typeof createRuntime>["http"];

function isDate(name: string): boolean {
  return name.toLowerCase() === "date";
}

function withoutDate(http: Http): Http {
  return async (...request) => {
    const answer = await http(...request);
    const { headers } = answer;
    return {
      ...answer,
      headers: {
        get: (name) => (isDate(name) ? null : headers.get(name)),
        has: (name) => !isDate(name) && headers.has(name),
      },
    };
  };
}
