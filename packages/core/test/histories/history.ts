/** One history: a rotation of the real engine in a world that turns against it, until the faults end and it must be well. */
import { createMemoryState, type MemoryState } from "../backend/memory.ts";
import type { RotationState } from "../../src/store/state.ts";
import type { Choices } from "./choices.ts";
import { durable, type DurableStore } from "./durable.ts";
import { checkAlways, checkReport, troubleOf, type Seen } from "./invariants.ts";
import { name } from "./parts.ts";
import { revokeInUse, runProcess, statusIn } from "./process.ts";
import { createWorld, fault, land, say, second, violate, type Shape, type World } from "./world.ts";

export interface HistoryOptions {
  readonly shape: Shape;
  readonly choices: Choices;
  /** Processes under faults. Default 3. */
  readonly rounds?: number;
  /** Seconds after the first rotation at which the faults begin; before 26, the first process is told to rotate. Default 26. */
  readonly early?: number;
  /** What the engine is given in place of the store: to switch a rule off. */
  readonly tamper?: (store: MemoryState) => MemoryState;
}

/** Runs a history to its end. Throws Violation, with the world's log as `story`. */
export async function runHistory(options: HistoryOptions): Promise<World> {
  const { shape, choices, early = 26, tamper = (store) => store } = options;
  const world = createWorld(shape, choices);
  const store = durable(tamper(createMemoryState()));
  try {
    await begin(world, store);
    world.time += early * second;
    await underFaults(world, store, { rounds: options.rounds ?? 3, force: early < 26 });
    await afterwards(world, store);
  } catch (error) {
    throw Object.assign(error as Error, { story: world.log });
  }
  return world;
}

/** A first rotation, without faults. */
async function begin(world: World, store: DurableStore): Promise<void> {
  world.quiet = true;
  await run(world, store);
  world.quiet = false;
  let backup: ReadonlyMap<string, RotationState> | undefined;
  world.onState = (what) => {
    if (what === "restore" && backup === undefined) {
      backup = store.snapshot();
      return say(world, "the state is backed up");
    }
    if (world.stateRestored) return;
    world.stateRestored = true;
    store.restore(what === "lose" ? new Map() : backup!);
    store.breakLocks();
    store.sync();
    say(world, what === "lose" ? "the state is lost" : "the state is restored from the backup");
  };
  world.onPowerFailure = store.losePower;
  world.onSecondProcess = secondProcess(world, store);
}

/** Of a machine that gives no sign of life. ms */
const takenOverAfter = 10 * second;

/** Somebody removes the lock file, and another process starts and ends while the first stands still. */
function secondProcess(world: World, store: DurableStore): () => Promise<void> {
  let nested = false;
  return async () => {
    if (nested) return;
    nested = true;
    const { memory } = world;
    if (world.shape.rich.fleet === true) world.time += takenOverAfter;
    say(world, "the lock file is removed and a second process starts");
    store.breakLocks();
    try {
      await run(world, store);
    } finally {
      nested = false;
      world.memory = memory;
      say(world, "the first process goes on");
    }
  };
}

async function underFaults(
  world: World,
  store: DurableStore,
  { rounds, force }: { readonly rounds: number; readonly force: boolean },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    if (fault(world, "a process starts", byHand(world)) !== undefined) await revoke(world, store);
    await run(world, store, force && round === 0);
    world.time += (world.shape.rich.pauses ? 3 : 2) * second;
  }
  world.quiet = true;
  while (world.late.length > 0) land(world);
  world.clockOffset = Math.max(world.clockOffset, 0);
}

/** Within two minutes it must be well, and stay so over the next refresh and the revocation after it. */
async function afterwards(world: World, store: DurableStore): Promise<void> {
  await becomeWell(world, store, 60);
  world.time += 26 * second;
  await run(world, store);
  world.time += 4 * second;
  await becomeWell(world, store, 20);
}

async function becomeWell(world: World, store: DurableStore, rounds: number): Promise<void> {
  const before = world.issued.length;
  for (let round = 1; ; round++) {
    const trouble = troubleOf(world, await run(world, store));
    if (trouble === undefined) break;
    if (round >= (isPressing(world, trouble) ? 4 : rounds)) violate(trouble);
    world.time += 2 * second;
  }
  if (world.issued.length - before > 6) violate("P4 minted again and again after the faults ended");
}

/** A set that is mixed waits for no refresh time, unless somebody meddled: then the spec may say that it is left alone. */
function isPressing(world: World, trouble: string): boolean {
  return trouble.startsWith("P1 still mixed") && !world.handEdited && !world.stateRestored;
}

const revokes = ["somebody revokes what is in use"];

function byHand({ shape }: World): readonly string[] {
  return shape.rich.byHand === true ? revokes : [];
}

async function revoke(world: World, store: DurableStore): Promise<void> {
  say(world, revokes[0]!);
  await revokeInUse(world, store);
  await check(world, store);
}

async function run(world: World, store: DurableStore, force = false): Promise<Seen> {
  const report = await runProcess(world, store, { force });
  if (report !== undefined) checkReport(world, report);
  return check(world, store);
}

async function check(world: World, store: DurableStore): Promise<Seen> {
  const state = await store.load(name);
  const seen = { state, status: statusIn(world, store, state) };
  checkAlways(world, seen);
  return seen;
}
