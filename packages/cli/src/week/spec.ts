/** The spec of a week: the author's provider, a sink in memory, and a consumer that takes from it when it is reloaded. */
import { defineReload, defineSink, type Fields, type Provider, RotateError } from "@rotate/plugin-kit";
import type { Rotation, Spec } from "@rotate/core";

/** What is written, and what the consumer works with. */
export interface Place {
  sink: Readonly<Record<string, string>> | undefined;
  consumer: Readonly<Record<string, string>> | undefined;
}

/** What the spec is made of. */
export interface WeekSpec {
  readonly directory: string;
  readonly provider: Provider;
  readonly options: Readonly<Record<string, unknown>>;
  readonly request: Readonly<Record<string, unknown>>;
  readonly fields: Fields;
  /** ms */
  readonly every: number | undefined;
  readonly place: Place;
}

const minute = 60_000;
const bound = { options: {}, where: "" };
const empty = { type: "object" } as const;

function sinkOf(place: Place) {
  return defineSink({
    type: "week-sink",
    options: empty,
    keys: { pattern: ".+", description: "a field" },
    target: () => "the consumer of the week",
    prepare: async (values) => {
      const next = Object.fromEntries(Object.entries(values).map(([key, secret]) => [key, secret.reveal()]));
      const before = place.sink;
      return {
        changed: JSON.stringify(before) !== JSON.stringify(next),
        commit: async () => void (place.sink = next),
        undo: async () => void (place.sink = before),
      };
    },
    read: async (keys, ctx) => {
      const held = Object.entries(place.sink ?? {}).filter(([key]) => keys.includes(key));
      return Object.fromEntries(held.map(([key, text]) => [key, ctx.secret(text, key)]));
    },
  });
}

function reloadOf(place: Place) {
  return defineReload({
    type: "week-reload",
    options: empty,
    adopts: () => true,
    async run() {
      if (place.sink === undefined)
        throw new RotateError("there is nothing to take", { code: "FAILED", retryable: true, hint: "see the sink" });
      place.consumer = place.sink;
    },
  });
}

function rotationOf({ provider, options, request, fields, every, place }: WeekSpec): Rotation {
  const values = Object.keys(fields).map((name) => [
    name,
    {
      source: `{{ ${name} }}`,
      fields: [name],
      render: (scope: { readonly fields: Readonly<Record<string, string>> }) => scope.fields[name] ?? "",
    },
  ]);
  const { ttl } = request as { readonly ttl?: unknown };
  const reload = {
    id: "reload",
    name: undefined,
    settle: 0,
    group: undefined,
    timeout: minute,
    continueOnError: false,
  };
  return {
    name: "week",
    provider: { part: provider, options, where: "", type: provider.type, name: "issuer" },
    request,
    ttl: typeof ttl === "number" ? ttl : undefined,
    fields,
    verify: [],
    sinks: [
      {
        ...bound,
        part: sinkOf(place),
        type: "week-sink",
        id: "sink",
        target: "the consumer",
        values: Object.fromEntries(values) as never,
      },
    ],
    reloads: [{ ...bound, ...reload, part: reloadOf(place), type: "week-reload" }],
    health: [],
    refresh: { rule: every === undefined ? undefined : { every }, jitter: 0.1, margin: undefined, windows: [] },
    retry: { initial: 1_000, max: 5 * minute },
    onFailure: "keep",
    drift: "report",
    overlap: { revoke: "adopted", grace: 5 * minute, deadline: undefined },
    budget: { perMinute: 5, perHour: 30 },
    maxLive: 6,
    hash: "week",
    renamedFrom: undefined,
    family: undefined,
  };
}

/** As the loader would make it. */
export function weekSpecOf(made: WeekSpec): Spec {
  const rotation = rotationOf(made);
  return {
    version: 1,
    name: "week",
    file: `${made.directory}/rotate.yaml`,
    directory: made.directory,
    stateDir: undefined,
    providers: new Map([[rotation.provider.name, rotation.provider]]),
    rotations: [rotation],
    lists: [],
    groups: [],
    heldBack: [],
    notify: [],
    serve: [],
    monitor: undefined,
    warnings: [],
  };
}
