/** One process of `rotate run` in the world: it holds the lock, journals, acts, and may die anywhere. */
import { createHash } from "node:crypto";
import { Secret, type HttpAnswer } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import { areSynced, canWait, withClaim, type Claim, type Claims } from "../../src/backend/claim.ts";
import { revokeByHand } from "../../src/engine/revoke.ts";
import { statusOf } from "../../src/engine/status.ts";
import type { Rotation } from "../../src/loading/model.ts";
import { createClaims, type Ledger } from "../../src/local/claims.ts";
import type { RotationReport, RotationStatus } from "../../src/report.ts";
import { momentOf } from "../../src/rotation/moment.ts";
import { standing } from "../../src/rotation/standing.ts";
import { createRotationClock } from "../../src/schedule/clock.ts";
import { createLogins } from "../../src/rotation/login.ts";
import { createReloadGate } from "../../src/rotation/reload-gate.ts";
import { rotate } from "../../src/rotation/rotate.ts";
import type { CredentialMemory, RotationDeps } from "../../src/rotation/session.ts";
import { noCron } from "../../src/schedule/cron.ts";
import type { RotationState } from "../../src/store/state.ts";
import type { MemoryState } from "../backend/memory.ts";
import type { DurableStore } from "./durable.ts";
import { overDatabase } from "./fleet-claims.ts";
import { name, rotationOf, type Mortal } from "./parts.ts";
import { hesitate, turn } from "./turns.ts";
import { Crash, say, violate, Violation, type World } from "./world.ts";

/** So many lines of log, and it does not end. */
const endless = 6_000;

/** A process of `rotate run` from its start to its end, with its report unless it died, was locked out or overtaken. Throws Violation. */
export function runProcess(
  world: World,
  store: DurableStore,
  { force }: { readonly force: boolean },
): Promise<RotationReport | undefined> {
  const options = { force, cadence: undefined, signal: never };
  return live(world, store, (deps, rotation) =>
    withClaim(deps.claims, name, (claim, leave) => rotate({ rotation, deps, claim, leave }, options)),
  );
}

/** A process of `rotate revoke`: whoever holds what is in use. Throws Violation. */
export async function revokeInUse(world: World, store: DurableStore): Promise<void> {
  world.byHand = true;
  try {
    await live(world, store, (deps, rotation) => {
      const spec = { rotations: [rotation], providers: new Map([[rotation.provider.name, rotation.provider]]) };
      return revokeByHand(name, { spec, deps }, {});
    });
  } finally {
    world.byHand = false;
  }
}

/** One process; what it gives unless it died, was locked out or overtaken. */
async function live<T>(
  world: World,
  store: DurableStore,
  work: (deps: RotationDeps, rotation: Rotation) => Promise<T>,
): Promise<T | undefined> {
  if (store.isLocked(name)) return undefined;
  world.process++;
  world.memory = new Map();
  world.reloading = false;
  world.order = world.edited.order;
  const life = { dead: false };
  const mortal: Mortal = async (act) => {
    if (life.dead) throw new Crash("dead");
    try {
      return await act();
    } catch (error) {
      if (error instanceof Crash) life.dead = true;
      throw error;
    }
  };
  const deps = depsOf(world, { ...store, ...mortalLedger(world, store, mortal) }, mortal);
  const done = await work(deps, rotationOf(world, mortal)).catch(rethrowUnexpected);
  if (life.dead) store.breakLocks();
  const [first] = world.violations;
  if (first) throw first;
  return done;
}

const { signal: never } = new AbortController();

/** A process that was overtaken, or has no state to work on, ends with it. */
const endings: ReadonlySet<string> = new Set(["ROTATE_STATE_FENCED", "ROTATE_STATE_UNREACHABLE"]);

function rethrowUnexpected(error: unknown): undefined {
  if (error instanceof Crash) return undefined;
  const { code = "" } = error as { readonly code?: string };
  if (!(error instanceof Violation) && endings.has(code)) return undefined;
  throw error;
}

function mortalLedger(world: World, store: DurableStore, mortal: Mortal): Ledger {
  return {
    ...store,
    open: (rotation, opening) =>
      mortal(async () => {
        hesitate(world);
        await turn(world, "before journal opened");
        const state = await store.open(rotation, opening);
        if (state === undefined) return undefined;
        say(world, "journal opened");
        await turn(world, "after journal opened");
        return state;
      }),
    giveBack: (rotation, epoch) => mortal(() => store.giveBack(rotation, epoch)),
    epoch: (rotation) =>
      mortal(async () => {
        const epoch = await store.epoch(rotation);
        hesitate(world);
        return epoch;
      }),
    append: (rotation, written) =>
      mortal(async () => {
        const types = world.journaling;
        if (types.length > 0) await turn(world, `before journal ${types[0]}`);
        const state = await store.append(rotation, written);
        if (state === undefined) return undefined;
        if (areSynced(written.entries.map(({ record }) => record))) store.sync();
        if (types.length > 0) await journaled(world, types);
        return state;
      }),
  };
}

async function journaled(world: World, types: World["journaling"]): Promise<void> {
  for (const type of types) say(world, `journal ${type}`);
  if (types.includes("reload-begin")) world.reloading = true;
  if (world.log.length > endless) violate("P2 it does not end");
  await turn(world, `after journal ${types.at(-1)}`);
}

/** A process may die, and the world may change, around each record, also around one that is not written yet. */
function mortalClaims(world: World, claims: Claims, mortal: Mortal): Claims {
  const withTurns = (claim: Claim): Claim => ({
    ...claim,
    append: (records) =>
      mortal(async () => {
        world.journaling = records.map(({ type }) => type);
        const types = world.journaling;
        try {
          if (!canWait(records)) return await claim.append(records);
          await turn(world, `before journal ${types[0]}`);
          const state = await claim.append(records);
          await journaled(world, types);
          return state;
        } finally {
          world.journaling = [];
        }
      }),
  });
  return {
    ...claims,
    async byName(rotation, options) {
      const claim = await claims.byName(rotation, options);
      return claim && withTurns(claim);
    },
  };
}

const fingerprints = new Map<string, string>();

/** As good as the keyed one here, and remembered: histories repeat the same few values. */
function fingerprint(text: string): string {
  const known = fingerprints.get(text);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(text).digest("hex").slice(0, 32);
  if (fingerprints.size < 10_000) fingerprints.set(text, made);
  return made;
}

/** What the engine is given. */
export function depsOf(world: World, store: MemoryState, mortal: Mortal = (act) => act()): RotationDeps {
  const runtime = runtimeOf(world, mortal);
  const sources = { now: runtime.now, uptime: () => world.time - world.boot.at, bootId: `boot-${world.boot.id}` };
  const clock = createRotationClock(sources);
  return {
    store: { ...store, changed: async () => undefined },
    runtime,
    clock,
    claims: claimsOf(world, store, { clock, runtime, mortal }),
    host: {},
    fingerprint,
    nextCron: noCron,
    gate: createReloadGate(),
    onEvent: () => undefined,
    logins: createLogins({ runtime, clock, call: () => violate("nobody logs in here") }),
    memory: memoryOf(world),
  };
}

function claimsOf(
  world: World,
  store: MemoryState,
  { mortal, ...parts }: Pick<RotationDeps, "clock" | "runtime"> & { readonly mortal: Mortal },
): Claims {
  const own = createClaims({ locks: store, ledger: store, ...parts, bundles: () => new Map() });
  const claims = mortalClaims(world, own, mortal);
  return world.shape.rich.fleet === true ? overDatabase(claims, { world, clock: parts.clock }) : claims;
}

function memoryOf(world: World): CredentialMemory {
  const memory = world.memory as Map<string, ReturnType<CredentialMemory["get"]>>;
  return {
    get: (lease) => memory.get(lease),
    keep: (lease, fields) => void memory.set(lease, fields),
    keepOnly(leases) {
      for (const lease of memory.keys()) if (!leases.has(lease)) memory.delete(lease);
    },
  };
}

function runtimeOf(world: World, mortal: Mortal): Runtime {
  return {
    now: () => world.time + world.clockOffset,
    monotonic: () => world.time,
    random: () => 0.5,
    async sleep(milliseconds) {
      await mortal(() => wait(world));
      world.time += milliseconds;
    },
    deadline: () => ({ signal: never, clear: () => undefined }),
    http: async () => answerOf(world),
    exec: () => violate("no commands"),
    env: {},
    masker: {
      secret: (text) => new Secret(text),
      reveal: (secret) => secret.reveal(),
      holdsSecret: () => false,
      exempt: () => undefined,
      mask: (text) => text,
      stream: () => ({ write: (chunk) => chunk, end: () => "" }),
    },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  };
}

/** Who waits hears of nothing but the end of the wait. */
async function wait(world: World): Promise<void> {
  if (world.late.length === 0) return;
  try {
    await turn(world, "during a wait");
  } catch (error) {
    if (error instanceof Violation) world.violations.push(error);
    throw error;
  }
}

/** The issuer's clock is right: RFC 9110 §6.6.1. */
function answerOf(world: World): HttpAnswer {
  const date = new Date(world.time).toUTCString();
  const headers = new Headers({ date });
  return { status: 200, ok: true, headers, text: () => "", json: none, tryJson: none, retryAfter: undefined };
}

function none(): never {
  return violate("the answer has no body");
}

/** What `rotate status` says of a state. */
export function statusIn(world: World, store: MemoryState, state: RotationState): RotationStatus {
  const rotation = rotationOf(world, (act) => act());
  const deps = depsOf(world, store);
  const moment = momentOf({ rotation, deps }, state);
  return statusOf({ moment, standing: standing(moment) }, deps);
}
