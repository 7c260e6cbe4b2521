/**
 * A process over a shared state, without an issuer and without sinks: what the state itself costs. It is told what to do by one JSON argument and says, a line of JSON each,
 * what it saw. `cycle` goes through the records of a good rotation for all that falls due, `hold` takes what is due and keeps it, `noop` takes and completes jobs that do nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Secret } from "@rotate/plugin-kit";
import { createRuntime } from "@rotate/runtime";
import type { Backend } from "../../packages/core/src/backend/backend.ts";
import type { Claim } from "../../packages/core/src/backend/claim.ts";
import { openDatabase } from "../../packages/core/src/fleet/database.ts";
import { startPrepared, stopBoss } from "../../packages/core/src/fleet/boss.ts";
import { createKeyRing } from "../../packages/core/src/fleet/key.ts";
import { openSharedBackend } from "../../packages/core/src/fleet/open-shared.ts";
import { schemasOf } from "../../packages/core/src/fleet/schema.ts";
import type { Rotation } from "../../packages/core/src/loading/model.ts";
import type { JournalRecord } from "../../packages/core/src/store/records.ts";
import type { LeaseState } from "../../packages/core/src/store/state.ts";

export interface WorkerOptions {
  readonly mode: "cycle" | "hold" | "noop";
  readonly url: string;
  readonly spec: string;
  /** The rotations are called `r0` to `r<count - 1>`. */
  readonly count: number;
  /** As an engine does before each act outside. Default: no. */
  readonly guards?: boolean;
}

export const schema = "rotate";
export const idleQueue = "noop";
/** Taken at once. */
const batch = 50;
/** Batches under way. */
const batches = 2;
const hour = 3_600_000;
const key = Buffer.alloc(32, 7);

function say(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
}

/** What a rotation is to a state. */
export function rotationsOf(count: number): readonly Rotation[] {
  return Array.from({ length: count }, (_, at) => ({ name: `r${at}`, hash: "h", reloads: [] }) as unknown as Rotation);
}

export function openBackend({ url, spec }: Pick<WorkerOptions, "url" | "spec">): Promise<Backend> {
  return openSharedBackend({
    spec,
    url: async () => new Secret(url),
    ring: createKeyRing(spec, [key]),
    schema,
    runtime: createRuntime({}),
    holder: `worker ${process.pid}`,
  });
}

function leaseOf(id: string, now: number): LeaseState {
  return {
    id,
    phase: "ghost",
    exposed: false,
    dropped: false,
    lastDoubtAt: 0,
    issuedAt: now,
    asOf: now,
    expiresAt: now + hour,
    given: hour,
    span: hour,
    renewable: false,
    fingerprint: "",
    sinkFingerprints: {},
    jitter: 0.5,
    provider: "issuer",
  };
}

/** What the engine writes, in the groups in which it writes it: before the mint, before the first write, before the reload. */
function groupsOf(id: string, now: number): readonly (readonly JournalRecord[])[] {
  const lease = leaseOf(id, now);
  const fingerprint = "0123456789abcdef0123456789abcdef";
  const terms = { ...lease, fingerprint, sinkFingerprints: { s: { k: fingerprint } } };
  return [
    [{ type: "intent", lease, why: "its refresh time has come" }],
    [
      { type: "minted", lease: id, terms },
      { type: "committing", sink: "s", lease: id },
    ],
    [
      { type: "committed", sink: "s", lease: id },
      { type: "published", lease: id, written: [], why: "its refresh time has come" },
      { type: "reload-begin", notBefore: now },
    ],
  ];
}

async function rotate(claim: Claim, guards: boolean): Promise<void> {
  const id = crypto.randomUUID();
  const now = claim.now();
  for (const records of groupsOf(id, now)) {
    await claim.append(records);
    if (guards) await claim.guard();
  }
  const startedAt = new Date(now).toISOString();
  const why = "its refresh time has come";
  const { rotation } = claim;
  await claim.settle({
    records: [{ type: "reloaded" }, { type: "settled", lease: id, adopted: false, specHash: "h" }],
    attempts: [{ rotation, id, startedAt, durationMs: 1, why, outcome: "rotated", reason: why, phases: [] }],
    next: now + hour,
  });
}

async function cycle({ claims }: Backend, { guards = false }: WorkerOptions, signal: AbortSignal): Promise<void> {
  async function lane(): Promise<void> {
    for (;;) {
      const taken = await claims.due(batch, signal);
      if (taken.length === 0) return;
      say({ took: taken.map(({ rotation }) => rotation) });
      await Promise.all(taken.map((claim) => rotate(claim, guards)));
      say({ done: taken.length });
    }
  }
  await Promise.all(Array.from({ length: batches }, lane));
}

async function hold({ claims }: Backend, signal: AbortSignal): Promise<void> {
  const taken = await claims.due(batch, signal);
  say({ took: taken.map(({ rotation }) => rotation) });
  await sleep(hour);
}

/** What pg-boss does for a job that nobody has anything to do for. */
async function completeAll({ url }: WorkerOptions, signal: AbortSignal): Promise<void> {
  const database = await openDatabase({ url: async () => new Secret(url), name: "noop", most: 3 });
  const boss = await startPrepared(database, schemasOf(schema));
  say({ ready: true });
  async function lane(): Promise<void> {
    while (!signal.aborted) {
      const jobs = await boss.fetch(idleQueue, { batchSize: batch });
      if (jobs.length === 0) await sleep(100);
      const ids = jobs.map(({ id }) => id);
      if (ids.length > 0) await boss.complete(idleQueue, ids);
      if (ids.length > 0) say({ done: ids.length });
    }
  }
  await Promise.all(Array.from({ length: batches }, lane));
  await stopBoss(boss);
  await database.close();
}

async function work(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  if (options.mode === "noop") return completeAll(options, signal);
  const backend = await openBackend(options);
  await backend.publish({ rotations: rotationsOf(options.count) });
  say({ ready: true });
  if (options.mode === "hold") return hold(backend, signal);
  await cycle(backend, options, signal);
  await backend.close();
}

if (import.meta.main) {
  const ending = new AbortController();
  process.once("SIGTERM", () => ending.abort());
  await work(JSON.parse(process.argv[2]!) as WorkerOptions, ending.signal);
}
