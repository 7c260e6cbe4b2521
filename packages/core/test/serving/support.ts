/** A watch with an endpoint of the test's own, which answers when the test asks. */
import { join } from "node:path";
import { defineEndpoint, type EndpointContext } from "@rotate/plugin-kit";
import type { EndpointEntry, Rotation, Served } from "../../src/loading/model.ts";
import { createServing, type Serving } from "../../src/serving/service.ts";
import { minute, type Scene } from "../engine/support.ts";
import { startDaemon, type Watched } from "../watch/support.ts";

export interface ServingWatch extends Watched {
  /** What the plugin was opened with, once for each time that it was. */
  readonly opened: readonly EndpointContext[];
  readonly ctx: () => EndpointContext;
  readonly serving: Serving;
}

/** A rotation that endpoints give: without a sink and reload of its own. */
export function servedRotation(rotation: Rotation, how: Partial<Served> = {}): Rotation {
  const served = { pulls: true, sessions: false, window: 5 * minute, ...how };
  const refresh = { ...rotation.refresh, window: served.window };
  return { ...rotation, sinks: [], reloads: [], served, refresh };
}

/** An entry of a type that only listens. */
export function entryOf(scene: Scene, { name = "door", ...more }: Partial<EndpointEntry> = {}, sessions = false) {
  const opened: EndpointContext[] = [];
  const part = defineEndpoint({
    type: "test-door",
    options: { type: "object" },
    ...(sessions && { sessions: true as const }),
    async open(ctx) {
      await ctx.accept((connection) => connection.destroy());
      opened.push(ctx);
      return {};
    },
  });
  const entry: EndpointEntry = {
    name,
    id: name,
    part,
    type: part.type,
    options: {},
    rotations: ["db"],
    listen: { socket: join(scene.directory, `${name}.sock`), mode: "0600" },
    uids: undefined,
    drain: 10_000,
    where: `serve.${name}`,
    ...more,
  };
  return { entry, opened };
}

/** Starts `rotate watch` with one endpoint. */
export async function startServing(scene: Scene, { sessions = false } = {}): Promise<ServingWatch> {
  const { entry, opened } = entryOf(scene, {}, sessions);
  scene.serve = [entry];
  let serving: Serving | undefined;
  const watched = await startDaemon(scene, {
    servicesOf: (engine) => [(serving = createServing(engine))],
  });
  return { ...watched, opened, ctx: () => opened.at(-1)!, serving: serving! };
}
