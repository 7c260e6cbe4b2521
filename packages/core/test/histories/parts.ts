/** The rotation as the engine knows it: parts that do to the world what real ones do to theirs, and die with their process. */
import { defineProbe, defineReload, type Probe, type Reload } from "@rotate/plugin-kit";
import type { ReloadEntry, Rotation, SinkEntry } from "../../src/loading/model.ts";
import { go, issuerOf } from "./issuer.ts";
import { sinkPart } from "./places.ts";
import { turn } from "./turns.ts";
import { consumerReads, isMixed, second, sinkValues, violate, Violation, type World } from "./world.ts";

export const name = "db";

/** Runs an act of a process: it does nothing when the process is dead, and a Crash in it kills the process. */
export type Mortal = <T>(act: () => Promise<T>) => Promise<T>;

const empty = { type: "object" } as const;
const bound = { options: {}, where: "" };

export function rotationOf(world: World, mortal: Mortal): Rotation {
  const { shape } = world;
  const living = <T extends object>(part: T): T => guardCalls({ part, world, mortal });
  const sink = (index: number): SinkEntry => ({
    ...bound,
    part: living(sinkPart(world, index)),
    type: `world-${shape.sinks[index]}`,
    id: `sink-${index}`,
    target: `sink ${index}`,
    values: { key: { source: "{{ token }}", fields: ["token"], render: ({ fields }) => fields["token"] ?? "" } },
  });
  const reload = (which: number): ReloadEntry => ({
    ...bound,
    part: living(reloadPart(world, which)),
    type: "world",
    id: `reload-${which}`,
    name: undefined,
    group: undefined,
    settle: 0,
    timeout: 1_000,
    continueOnError: which > 0,
  });
  const probe = (label: () => string) => ({
    ...bound,
    part: living(probePart(world, label)),
    type: "world",
    timeout: 1_000,
    within: 0,
  });
  return {
    name,
    hash: `v${world.edited.version}`,
    ttl: undefined,
    request: {},
    renamedFrom: undefined,
    family: undefined,
    drift: shape.repair ? "repair" : "report",
    onFailure: shape.rollback ? "rollback" : "keep",
    fields: { token: { secret: true, description: "" } },
    provider: { ...bound, part: living(issuerOf(world)), type: "world", name: "world" },
    verify: [probe(() => "verify")],
    sinks: world.order.map(sink),
    health: [probe(() => (world.reloading ? "health" : "baseline"))],
    reloads: world.consumers.map((_, which) => reload(which)),
    refresh: { rule: { at: 26 / 40 }, jitter: 0, margin: 4 * second, windows: [] },
    retry: { initial: 1, max: 1 },
    overlap: { revoke: shape.policy ?? "adopted", grace: 3 * second, deadline: undefined },
    budget: { perMinute: 1_000, perHour: 100_000 },
    maxLive: 1_000,
  };
}

function reloadPart(world: World, which: number): Reload {
  return defineReload({
    type: "world",
    options: empty,
    adopts: () => true,
    async run() {
      world.reloads++;
      go(world, `reload ${which}`);
      if (isMixed(sinkValues(world)) && !world.handEdited) violate("P1 a consumer is reloaded on a mixed set");
      consumerReads(world, which, "reload");
      await turn(world, "after the reload");
    },
  });
}

function probePart(world: World, label: () => string): Probe {
  return defineProbe({
    type: "world",
    options: empty,
    async run() {
      go(world, label());
    },
  });
}

interface Guarded<T> {
  readonly part: T;
  readonly world: World;
  readonly mortal: Mortal;
}

/** Every method of a part dies with its process, and a violation in it is not taken for a fault of the plugin. */
function guardCalls<T extends object>({ part, world, mortal }: Guarded<T>): T {
  const entries = Object.entries(part).map(([key, value]) => {
    if (typeof value !== "function" || key === "target" || key === "adopts") return [key, value];
    const guarded = (...args: readonly unknown[]): Promise<unknown> =>
      mortal(async () => {
        try {
          const result = await (value as (...args: readonly unknown[]) => Promise<unknown>).apply(part, [...args]);
          return key === "prepare" ? guardCalls({ part: result as object, world, mortal }) : result;
        } catch (error) {
          if (error instanceof Violation) world.violations.push(error);
          throw error;
        }
      });
    return [key, guarded];
  });
  return Object.fromEntries(entries) as T;
}
