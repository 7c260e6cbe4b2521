/** Specs as the loader would make them, with the test's own plugins. */
import { dirname } from "node:path";
import type { ReloadEntry, Rotation, SinkEntry, Spec } from "../../src/loading/model.ts";
import { issuerIn, minute, placeIn, probeIn, reloadIn, type DiskWorld } from "./world.ts";

const bound = { options: {}, where: "" };

export function sinkEntry(world: DiskWorld, name: string): SinkEntry {
  const part = placeIn(world, name);
  return {
    ...bound,
    part,
    type: part.type,
    id: name,
    target: part.target({}),
    values: { key: { source: "{{ token }}", fields: ["token"], render: ({ fields }) => fields["token"] ?? "" } },
  };
}

/** A reload of the consumer that reads these sinks; with a name it is shared. */
export function reloadEntry(
  world: DiskWorld,
  {
    name,
    shared = false,
    ...rest
  }: { readonly name: string; readonly reads: readonly string[]; readonly adopts?: boolean; readonly shared?: boolean },
): ReloadEntry {
  return {
    ...bound,
    part: reloadIn(world, { name, ...rest }),
    type: "test-reload",
    id: name,
    name: shared ? name : undefined,
    settle: 0,
    group: undefined,
    timeout: minute,
    continueOnError: false,
  };
}

export function probeEntry(world: DiskWorld, name: string): Rotation["health"][number] {
  return { ...bound, part: probeIn(world, name), type: "test-probe", timeout: minute, within: 0 };
}

/** One rotation: issuer, sink `a`, reload `app`. Refreshed at 2/3 of its life, revoked 5 min after adoption. */
export function rotationIn(
  world: DiskWorld,
  { name = "db", sinks = ["a"] }: { readonly name?: string; readonly sinks?: readonly string[] } = {},
): Rotation {
  return {
    name,
    provider: { ...bound, part: issuerIn(world), type: "test-issuer", name: "issuer" },
    request: {},
    ttl: undefined,
    fields: { token: { secret: true, description: "the value" } },
    verify: [],
    sinks: sinks.map((sink) => sinkEntry(world, sink)),
    reloads: [reloadEntry(world, { name: "app", reads: sinks })],
    health: [],
    refresh: { rule: undefined, jitter: 0, margin: undefined, windows: [] },
    retry: { initial: 1_000, max: 5 * minute },
    onFailure: "keep",
    drift: "report",
    overlap: { revoke: "adopted", grace: 5 * minute, deadline: undefined },
    budget: { perMinute: 5, perHour: 30 },
    maxLive: 6,
    hash: "1",
    renamedFrom: undefined,
    family: undefined,
  };
}

export function specIn(file: string, rotations: readonly Rotation[]): Spec {
  return {
    version: 1,
    name: "test",
    file,
    directory: dirname(file),
    stateDir: undefined,
    providers: new Map(rotations.map(({ provider }) => [provider.name, provider])),
    rotations,
    lists: [],
    heldBack: [],
    notify: [],
    serve: [],
    groups: [],
    monitor: undefined,
    warnings: [],
  };
}
