/** The rotations as the engine knows them: parts that do to the world what real ones do to theirs. */
import {
  defineProbe,
  defineReload,
  defineSink,
  RotateError,
  type Probe,
  type Reload,
  type Sink,
} from "@rotate/plugin-kit";
import type { ProviderEntry, Rotation, Spec } from "../../src/loading/model.ts";
import { providerOf } from "./issuer.ts";
import { listenerOf } from "./receiver.ts";
import { troubleAt } from "./outside.ts";
import { minute, second } from "./scenario.ts";
import { take, write, type Place, type World } from "./world.ts";

const empty = { type: "object" } as const;
const bound = { options: {}, where: "" };

function sinkOf(world: World, place: Place): Sink {
  return defineSink({
    type: "weeks",
    options: empty,
    keys: { pattern: ".*", description: "any" },
    target: () => place.name,
    async prepare(values) {
      const before = place.sink;
      const after = values["key"]!.reveal();
      return {
        changed: before !== after,
        commit: async () => write(world, place, after),
        undo: async () => write(world, place, before),
      };
    },
    async read(_keys, { secret }) {
      return place.sink === undefined ? {} : { key: secret(place.sink, "key") };
    },
  });
}

/** How long a reload takes, ms. */
const durations = { none: 0, ok: 300, slow: 8 * second };

function reloadOf(world: World, place: Place): Reload {
  const { scenario, outside, clock } = world;
  return defineReload({
    type: "weeks",
    options: empty,
    adopts: () => true,
    async run(_event, { sleep }) {
      const fails = troubleAt(outside, clock.now(), ["reload"]);
      const ms = durations[scenario.reload];
      if (ms > second) world.witness.waits(place, ms);
      await sleep(ms);
      if (fails) throw failed("the consumer does not start");
      take(world, place);
    },
  });
}

function verifyOf({ outside, clock }: World): Probe {
  return defineProbe({
    type: "weeks",
    options: empty,
    async run() {
      if (troubleAt(outside, clock.now(), ["unfit"])) throw failed("it does not verify");
    },
  });
}

function failed(message: string): RotateError {
  return new RotateError(message, { code: "FAILED", retryable: true });
}

function rotationOf(world: World, place: Place, provider: ProviderEntry): Rotation {
  const { shape, reload, troubles, retryMax = 5 * minute } = world.scenario;
  const probe = { ...bound, part: verifyOf(world), type: "weeks", timeout: minute, within: 0 };
  const reloads = {
    ...bound,
    part: reloadOf(world, place),
    type: "weeks",
    id: `reload-${place.name}`,
    name: undefined,
    settle: 0,
    group: undefined,
    timeout: minute,
    continueOnError: false,
  };
  return {
    name: place.name,
    provider,
    request: { account: place.name },
    ttl: shape.ttl,
    fields: { token: { secret: true, description: "the value" } },
    verify: troubles.some(({ kind }) => kind === "unfit") ? [probe] : [],
    sinks: [
      {
        ...bound,
        part: sinkOf(world, place),
        type: "weeks",
        id: `sink-${place.name}`,
        target: place.name,
        values: { key: { source: "{{ token }}", fields: ["token"], render: ({ fields }) => fields["token"] ?? "" } },
      },
    ],
    reloads: reload === "none" ? [] : [reloads],
    health: [],
    refresh: {
      rule: shape.every === undefined ? undefined : { every: shape.every },
      jitter: 0.1,
      margin: undefined,
      windows: [],
    },
    retry: { initial: second, max: retryMax },
    onFailure: "keep",
    drift: "report",
    overlap: { revoke: "adopted", grace: 5 * minute, deadline: undefined },
    budget: { perMinute: 5, perHour: 30 },
    maxLive: 6,
    hash: `edit-${world.edits}`,
    renamedFrom: undefined,
    family: undefined,
  };
}

/** The spec as it stands now. */
export function specOf(world: World): Spec {
  const part = providerOf(world);
  const names = new Set([...world.places.values()].map(({ entry }) => entry));
  const providers = new Map(
    [...names].map((name): [string, ProviderEntry] => [name, { ...bound, part, type: "weeks", name }]),
  );
  return {
    version: 1,
    name: "weeks",
    file: "/weeks/rotate.yaml",
    directory: "/weeks",
    stateDir: undefined,
    providers,
    rotations: [...world.places.values()].map((place) => rotationOf(world, place, providers.get(place.entry)!)),
    lists: [],
    heldBack: [],
    serve: [],
    groups: [],
    notify: [listenerOf(world)],
    monitor: undefined,
    warnings: [],
  };
}
