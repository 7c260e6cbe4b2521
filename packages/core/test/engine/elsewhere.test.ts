/** A rotation that is given to another machine of a fleet, and what this one has left of it. */
import { expect, test } from "vitest";
import { fleetOf } from "./fleet.ts";
import { createScene } from "./support.ts";

test("what a machine kept of a rotation that another one has now is told until it is forgotten here, while that one goes on", async () => {
  const scene = createScene();
  await scene.run();
  const told = await scene.status();
  const [db] = scene.rotations;
  const { host, peers } = fleetOf("there");
  scene.rotations = [{ ...db!, host: host.name }];
  scene.peers = peers({ hosts: [host], pinned: [{ host, status: told }] });
  const stands = async (): Promise<readonly string[]> =>
    (await scene.ask((engine) => engine.status())).rotations.map(({ state }) => state).toSorted();
  expect(await stands()).toEqual(["fresh", "orphaned"]);
  await scene.ask((engine) => engine.forget("db"));
  expect(await stands()).toEqual(["fresh"]);
  await expect(scene.ask((engine) => engine.forget("db"))).rejects.toMatchObject({ code: "ROTATE_ELSEWHERE" });
});
