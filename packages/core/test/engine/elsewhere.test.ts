/** A rotation that is given to another machine of a fleet, and what this one has left of it. */
import { expect, test } from "vitest";
import { fleetOf } from "./fleet.ts";
import { createScene } from "./support.ts";

test("of what no machine serves nothing is said to come next, until one does", async () => {
  const scene = createScene((rotation) => ({ ...rotation, moves: true, runsOn: "eu" }));
  await scene.run();
  const { host, peers } = fleetOf("there");
  scene.peers = peers({ hosts: [host], pinned: [] });
  const left = await scene.status();
  expect(left).toMatchObject({ state: "failing", code: "unserved" });
  expect(left.nextAt).toBeUndefined();
  scene.peers = peers({ hosts: [{ ...host, labels: ["eu"] }], pinned: [] });
  expect(await scene.status()).toMatchObject({ state: "fresh", nextAt: expect.any(String) });
});

test("what a machine kept of a rotation that another one has now is told until it is forgotten here, while that one goes on", async () => {
  const scene = createScene();
  await scene.run();
  const told = await scene.status();
  const [db] = scene.rotations;
  const { host, peers } = fleetOf("there");
  scene.rotations = [{ ...db!, host: host.name }];
  scene.peers = peers({ hosts: [host], pinned: [{ host, status: told }] });
  const stands = async (): Promise<readonly string[]> =>
    (await scene.ask((engine) => engine.status())).rotations.map(({ state, code }) => `${state} ${code}`);
  expect(await stands()).toEqual(["orphaned left"]);
  expect(await scene.status()).toMatchObject({ state: "orphaned", code: "left", exit: 1 });
  const { orphans } = await scene.ask((engine) => engine.plan());
  expect(orphans.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^there rotates it now.*rotate forget db/),
  ]);
  await scene.ask((engine) => engine.forget("db"));
  expect(await stands()).toEqual(["fresh fresh"]);
  await expect(scene.ask((engine) => engine.forget("db"))).rejects.toMatchObject({ code: "ROTATE_ELSEWHERE" });
});
