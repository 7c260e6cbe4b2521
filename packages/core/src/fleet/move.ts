/** `rotate state move`: the rotations of a machine go to the state that its spec shares with others, or come back from there. */
import type { Runtime } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import { pinnedBy } from "../loading/pinned.ts";
import { keepKeys, ownKeys } from "../local/fingerprint-key.ts";
import { openLocalBackend } from "../local/open-local.ts";
import type { Backend } from "../backend/backend.ts";
import { keyOf, type NamedKey } from "../store/fingerprint.ts";
import type { RotationState } from "../store/state.ts";
import { createBundles } from "./bundles.ts";
import { openDatabase, type Database } from "./database.ts";
import { checkOf, createKeyRing, nameOfKey, noteEarlierKeys, readKeys, type KeyRing } from "./key.ts";
import { moveOne, type Moved, type Way } from "./move-one.ts";
import { hostName } from "./open-backend.ts";
import { openSharedBackend } from "./open-shared.ts";
import { schemasOf } from "./schema.ts";
import { stateOptionOf, type StateOption } from "./state-option.ts";
import { keysUsedBy, translated } from "./translate.ts";

/** Which rotations go where. */
export interface MoveOptions {
  readonly spec: Pick<Spec, "name" | "file" | "stateDir" | "state" | "rotations">;
  readonly runtime: Runtime;
  /** Overrides the spec's `stateDir`. Absolute. */
  readonly stateDir?: string | undefined;
  /** Of the spec. What is pinned among them stays. */
  readonly chosen: readonly Rotation[];
  /** From the shared state to this machine. */
  readonly back?: boolean;
}

/** What became of one. */
export interface MovedRotation {
  readonly name: string;
  /** `pinned`: it is of this machine, whatever is said. */
  readonly result: Moved | "pinned";
  /** What is to be done, or why it stays. */
  readonly message?: string;
}

/** What became of all. */
export interface MoveReport {
  readonly version: 1;
  readonly from: string;
  readonly to: string;
  readonly rotations: readonly MovedRotation[];
}

/** Whoever died with a claim is found to be dead within it. ms */
const patience = 30_000;
const atOnce = 8;

/** Moves what may move, one by one: the same again goes on where an earlier one was cut off. Throws EngineError `ROTATE_STATE_*`. */
export async function moveState(options: MoveOptions): Promise<MoveReport> {
  const { spec, runtime, chosen, back = false } = options;
  const { url, key, schema } = stateOptionOf(spec, runtime);
  const ring = createKeyRing(spec.name, readKeys((await key()).reveal()));
  const local = await openHere(options);
  const moving = spec.rotations.filter((rotation) => pinnedBy(rotation).length === 0);
  const { keys, labelOf } = createBundles(moving);
  const labels = [...new Set(keys().map(labelOf))];
  const host = hostName(runtime.env);
  const holder = `${host} (rotate state move, process ${process.pid})`;
  const shared = await openSharedBackend({
    spec: spec.name,
    url,
    schema,
    ring,
    runtime,
    holder,
    host,
    silent: true,
    processes: () => local.host.processes,
    ...(labels.length > 0 && { labels }),
  });
  try {
    await shared.publish({ rotations: moving });
    const rotations = chosen.filter((rotation) => moving.includes(rotation));
    const ends = { local, shared, ring, spec: spec.name };
    const keep = (checks: readonly string[]): Promise<void> =>
      withDatabase(url, (database) =>
        noteEarlierKeys(database, { schemas: schemasOf(schema), spec: spec.name }, checks),
      );
    const way = back ? await wayBack(ends) : await wayThere(ends, rotations, keep);
    const moved = await eachOf(rotations, (rotation) => one(rotation, way, local));
    const pinned = chosen.filter((rotation) => !moving.includes(rotation)).map(staying);
    const places = { from: way.from.place, to: way.to.place };
    return { version: 1, ...places, rotations: [...moved, ...pinned] };
  } finally {
    await Promise.all([shared.close(), local.close()]);
  }
}

async function withDatabase(url: StateOption["url"], work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase({ url, name: "rotate state move", most: 1 });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

/** The key that this machine's state was written with, and those of a fleet that was at home here: each as `state.key` takes it. */
export async function keysHere(
  options: Pick<MoveOptions, "spec" | "runtime" | "stateDir">,
): Promise<readonly string[]> {
  const local = await openHere(options, true);
  try {
    return ownKeys(local.place).map(({ key }) => key.toString("base64"));
  } finally {
    await local.close();
  }
}

function openHere(
  { spec, runtime, stateDir }: Pick<MoveOptions, "spec" | "runtime" | "stateDir">,
  reading = false,
): Promise<Backend> {
  return openLocalBackend({ spec, runtime, reading, ...(stateDir !== undefined && { stateDir }) });
}

interface Ends {
  readonly local: Backend;
  readonly shared: Backend;
  readonly ring: KeyRing;
  readonly spec: string;
}

/** Every host must have the keys that what goes there was written with: else each sink looks to it as if somebody had changed it. */
async function wayThere(
  { local, shared, ring, spec }: Ends,
  rotations: readonly Rotation[],
  keep: (checks: readonly string[]) => Promise<void>,
): Promise<Way> {
  const here = ownKeys(local.place);
  const checks = new Map(here.map((each) => [each.name, checkOf(spec, each.key)]));
  const states = await local.store.loadAll(rotations.map(({ name }) => name));
  const used = new Set(states.flatMap((state) => [...keysUsedBy(state, keyOf)]));
  const needed = [...used].map((name) => checks.get(name) ?? ring.checks.find((check) => check.startsWith(name)) ?? "");
  if (needed.some((check) => !ring.checks.includes(check))) throw lackingOwnKey();
  await shared.store.names(); // the key that is written with is known before the others are
  await keep(needed);
  const name = nameOfKey(checks.get("") ?? "");
  return {
    from: local,
    to: shared,
    withAttempts: true,
    wait: patience,
    translate: (state: RotationState) => translated(state, { ahead: aheadOf(shared, local), name }),
  };
}

async function wayBack({ local, shared, ring }: Ends): Promise<Way> {
  await shared.store.names();
  const keys: readonly NamedKey[] = ring.keys;
  keepKeys(local.place, keys);
  return {
    from: shared,
    to: local,
    withAttempts: false,
    wait: patience,
    translate: (state: RotationState) => translated(state, { ahead: aheadOf(local, shared), name: "" }),
  };
}

function aheadOf(to: Backend, from: Backend): number {
  return to.clock.now() - from.clock.now();
}

async function one(rotation: Rotation, way: Way, local: Backend): Promise<MovedRotation> {
  const { name } = rotation;
  const result = await moveOne(name, way);
  if (result === "moved") local.host.cache?.remove(name);
  const message = messageOf(result, name, way);
  return { name, result, ...(message !== undefined && { message }) };
}

function messageOf(result: Moved, name: string, { from, to }: Way): string | undefined {
  switch (result) {
    case "moved":
    case "there":
      return undefined;
    case "nothing":
      return `nothing is known of it in ${from.place}`;
    case "locked":
      return "another process is at work on it: the same again when it has finished";
    case "occupied":
      return `it has a state of its own in ${to.place}, and keeps that: what ${from.place} knows of it stays there. To begin anew there with this one: stop whoever rotates it, \`rotate forget ${name}\`, and the same again`;
    case "unfinished":
      return `an attempt at it was cut off: \`rotate run ${name}\` looks after it, then the same again`;
  }
}

function staying(rotation: Rotation): MovedRotation {
  return { name: rotation.name, result: "pinned", message: pinnedBy(rotation).join("; ") };
}

async function eachOf<Of, Result>(all: readonly Of[], work: (each: Of) => Promise<Result>): Promise<readonly Result[]> {
  const left = all.entries();
  const results: Result[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [at, each] of left) results[at] = await work(each);
    }),
  );
  return results;
}

function lackingOwnKey(): EngineError {
  return new EngineError("`state.key` lacks the key that the state of this machine was written with", {
    code: "ROTATE_STATE_KEY",
    exitCode: 6,
    hint: "`rotate state key --here` prints it: add it to `state.key` below the others, give that to every host, start what runs there again, and move then",
  });
}
