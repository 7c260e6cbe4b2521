import { expect, test } from "vitest";
import { newLife, type Life } from "./clockwork.ts";
import { createSite, keepWatching, type Site } from "./engine.ts";
import { machineOf, runtimeOf } from "./machine.ts";
import { specOf } from "./parts.ts";
import { hour, minute } from "./scenario.ts";
import { scenarioOf } from "./scenarios.ts";
import { createWorld, type World } from "./world.ts";

const life = hour;
const many = 200;

interface Fleet {
  readonly world: World;
  /** When each mint was, ms of true time. */
  readonly mints: readonly number[];
  readonly start: () => void;
  readonly kill: () => void;
}

/** Daemons on machines of their own, with a state of their own and one rotation each, of one issuer. */
function createFleet(seed: number): Fleet {
  const shape = { name: "plain 1h", life };
  const world = createWorld(scenarioOf({ name: "fleet", seed, shape, horizon: 6 * hour, siblings: many }));
  const mints: number[] = [];
  world.witness = { ...world.witness, minted: () => void mints.push(world.clock.now()) };
  const sites = new Map([...world.places.keys()].map((name): [string, Site] => [name, createSite()]));
  const spec = specOf(world);
  let lives: readonly Life[] = [];

  function startOne(name: string): Life {
    const process = newLife();
    const own = { ...spec, notify: [], rotations: spec.rotations.filter((rotation) => rotation.name === name) };
    const start = { site: sites.get(name)!, spec: own, runtime: runtimeOf(world, process), machine: machineOf(world) };
    const on = { load: () => own, edited: () => undefined, alarm: () => undefined, opened: () => undefined };
    void keepWatching(start, { ...on, signal: new AbortController().signal });
    return process;
  }

  return {
    world,
    mints,
    start: () => void (lives = [...sites.keys()].map(startOne)),
    kill() {
      for (const each of lives) each.dead = true;
      for (const { breakLocks } of sites.values()) breakLocks();
    },
  };
}

/** From the first to the last of the mints between two instants, in parts of the life, and the most within a minute. */
function waveOf(mints: readonly number[], from: number, to: number) {
  const wave = mints.filter((at) => at >= from && at < to);
  const perMinute = Map.groupBy(wave, (at) => Math.floor(at / minute));
  return {
    count: wave.length,
    spread: (Math.max(...wave) - Math.min(...wave)) / life,
    most: Math.max(...[...perMinute.values()].map(({ length }) => length)),
  };
}

const timeout = 120_000;

test.each([1])(
  "a fleet of 200 daemons that is restarted at once mints nothing for it, and spreads its next mints (seed %i)",
  { timeout },
  async (seed) => {
    const { world, mints, start, kill } = createFleet(seed);
    start();
    world.clock.at(20 * minute, kill);
    world.clock.at(20 * minute + 1_000, start);
    await world.clock.run(70 * minute);
    expect(waveOf(mints, 0, 20 * minute).count).toBe(many);
    expect(waveOf(mints, 20 * minute, 25 * minute).count).toBe(0);
    const next = waveOf(mints, 25 * minute, 70 * minute);
    expect(next.count).toBe(many);
    expect(next.spread).toBeGreaterThan(0.1);
    expect(next.most).toBeLessThan(many / 4);
  },
);

test(
  "a fleet that was off for two lives has to mint at once, and is spread from its next mints on",
  { timeout },
  async () => {
    const { world, mints, start, kill } = createFleet(4);
    start();
    world.clock.at(20 * minute, kill);
    world.clock.at(140 * minute, start);
    await world.clock.run(200 * minute);
    expect(waveOf(mints, 140 * minute, 150 * minute).count).toBe(many);
    const next = waveOf(mints, 150 * minute, 200 * minute);
    expect(next.count).toBe(many);
    expect(next.spread).toBeGreaterThan(0.1);
  },
);
