/** Every state of the standing table, reached on the real engine. */
import { RotateError, Secret } from "@rotate/plugin-kit";
import { expect } from "vitest";
import { moveOne } from "../../src/fleet/move-one.ts";
import type { RotationState } from "../../src/store/state.ts";
import { fleetOf } from "./fleet.ts";
import { rotationIn } from "./spec.ts";
import { failAt, failing, hour, minute, openBackend, untilDue, type EditRotation, type Scene } from "./support.ts";

/** A state, and the way there. */
export interface Row {
  readonly state: string;
  readonly code: string;
  readonly exit: number;
  /** Absent: none. */
  readonly alarm?: string;
  /** A daemon would keep it: only runs come too seldom. */
  readonly daemonHelps?: true;
  /** Another machine rotates it: it is told of here, and neither planned nor run. */
  readonly elsewhere?: true;
  /** A run takes it only when it is named. */
  readonly byName?: true;
  /** Dead is what consumers still hold: what is published works, and is given to whoever asks. */
  readonly successorWorks?: true;
  readonly edit?: EditRotation;
  readonly reach: (scene: Scene) => Promise<unknown>;
}

const down = { mint: failing("UNAVAILABLE") };

async function fresh(scene: Scene): Promise<void> {
  expect((await scene.run()).exit).toBe(0);
}

const twoSinks: EditRotation = (rotation, world) => ({
  ...rotation,
  sinks: rotationIn(world, { sinks: ["a", "b"] }).sinks,
});

function withProvider(change: object): EditRotation {
  return (rotation) => ({
    ...rotation,
    provider: { ...rotation.provider, part: { ...rotation.provider.part, ...change } },
  });
}

const { host: there, peers: peersThat } = fleetOf("there");

/** It is given to another machine, which tells of it what this one knew, and is not heard of any more for so long. */
async function fallsSilent(scene: Scene, duration: number): Promise<void> {
  await fresh(scene);
  const { check: _, ...status } = await scene.status();
  const [db] = scene.rotations;
  await scene.ask((engine) => engine.forget("db"));
  scene.rotations = [{ ...db!, host: there.name }];
  scene.peers = peersThat({ hosts: [there], pinned: [{ host: { ...there, alive: false }, status }] });
  await scene.clock.advance(duration);
}

/** It is given to another machine, which has rotated it since, and this one still has a credential of it. */
async function goesElsewhere(scene: Scene, duration: number): Promise<void> {
  await fresh(scene);
  const { check: _, ...status } = await scene.status();
  const [db] = scene.rotations;
  scene.rotations = [{ ...db!, host: there.name }];
  await scene.clock.advance(duration);
  const { expiresAt: __, ...well } = status;
  scene.peers = peersThat({ hosts: [there], pinned: [{ host: there, status: well }] });
}

/** One at least for each line of the table, and for what is told of another machine. */
export const rows: readonly Row[] = [
  { state: "fresh", code: "fresh", exit: 0, reach: fresh },
  {
    state: "due",
    code: "due",
    exit: 0,
    async reach(scene) {
      await fresh(scene);
      await scene.clock.advance(untilDue);
    },
  },
  {
    state: "due",
    code: "unproved",
    exit: 0,
    edit: withProvider({ lives: async () => true }),
    async reach(scene) {
      await fresh(scene);
      await scene.clock.advance(minute);
      scene.machine = { ...scene.machine, bootId: "boot-2" };
    },
  },
  {
    state: "due",
    code: "retire",
    exit: 0,
    async reach(scene) {
      await fresh(scene);
      await scene.clock.advance(minute);
      await scene.run({ force: true });
      await scene.clock.advance(6 * minute);
    },
  },
  { state: "never", code: "never", exit: 1, reach: async () => undefined },
  {
    state: "failing",
    code: "failing",
    exit: 1,
    alarm: "failed",
    async reach(scene) {
      failAt(scene, { mint: failing("DENIED", { retryable: false }) });
      await scene.run();
    },
  },
  {
    state: "failing",
    code: "list",
    exit: 1,
    alarm: "failed",
    async reach(scene) {
      const [db] = scene.rotations;
      const others = ["db.b", "db.c"].map((name) => ({ ...rotationIn(scene, { name, sinks: [name] }), family: "db" }));
      scene.rotations = [{ ...db!, family: "db" }, ...others];
      await fresh(scene);
      scene.rotations = [{ ...db!, family: "db" }];
    },
  },
  {
    state: "failing",
    code: "unserved",
    exit: 1,
    alarm: "cannot-serve",
    byName: true,
    edit: (rotation) => ({ ...rotation, moves: true, runsOn: "eu" }),
    async reach(scene) {
      await fresh(scene);
      scene.peers = peersThat({ hosts: [there], pinned: [] });
    },
  },
  {
    state: "failing",
    code: "moved",
    exit: 1,
    alarm: "cannot-serve",
    async reach(scene) {
      await fresh(scene);
      const [from, to] = [await openBackend(scene), await openBackend(scene, "new-state")];
      const way = { from, to, translate: (state: RotationState) => state, withAttempts: true, wait: 0 };
      expect(await moveOne("db", way)).toBe("moved");
      await Promise.all([from.close(), to.close()]);
    },
  },
  {
    state: "failing",
    code: "gone",
    exit: 1,
    alarm: "cannot-serve",
    elsewhere: true,
    reach: (scene) => fallsSilent(scene, minute),
  },
  {
    state: "expiring",
    code: "gone",
    exit: 3,
    alarm: "expired",
    elsewhere: true,
    reach: (scene) => fallsSilent(scene, 56 * minute),
  },
  {
    state: "expired",
    code: "gone",
    exit: 3,
    alarm: "expired",
    elsewhere: true,
    reach: (scene) => fallsSilent(scene, 61 * minute),
  },
  {
    state: "never",
    code: "never",
    exit: 1,
    elsewhere: true,
    edit: (rotation) => ({ ...rotation, host: there.name }),
    async reach(scene) {
      scene.peers = peersThat({ hosts: [there], pinned: [] });
    },
  },
  {
    state: "needs-login",
    code: "login",
    exit: 1,
    alarm: "failed",
    edit: withProvider({
      login: async () => {
        throw new RotateError("nobody is logged in", { code: "DENIED", retryable: false, person: true });
      },
    }),
    reach: (scene) => scene.run(),
  },
  {
    state: "reload-owed",
    code: "owed",
    exit: 4,
    alarm: "reload-owed",
    async reach(scene) {
      failAt(scene, { "reload app": failing("FAILED") });
      await scene.run();
    },
  },
  {
    state: "expiring",
    code: "late",
    exit: 1,
    alarm: "expiring",
    async reach(scene) {
      await fresh(scene);
      await scene.clock.advance(untilDue);
      failAt(scene, down);
      await scene.run();
      await scene.clock.advance(5 * minute);
    },
  },
  {
    state: "expiring",
    code: "late",
    exit: 4,
    alarm: "expiring",
    async reach(scene) {
      await fresh(scene);
      await scene.clock.advance(untilDue);
      failAt(scene, { "reload app": failing("FAILED") });
      await scene.run();
      await scene.clock.advance(5 * minute);
    },
  },
  {
    state: "expiring",
    code: "margin",
    exit: 3,
    alarm: "expired",
    async reach(scene) {
      await fresh(scene);
      failAt(scene, down);
      await scene.clock.advance(56 * minute);
    },
  },
  {
    state: "expired",
    code: "ended",
    exit: 3,
    alarm: "expired",
    async reach(scene) {
      await fresh(scene);
      failAt(scene, down);
      await scene.clock.advance(61 * minute);
    },
  },
  {
    state: "expired",
    code: "revoked",
    exit: 3,
    alarm: "expired",
    async reach(scene) {
      await fresh(scene);
      failAt(scene, down);
      await scene.ask((engine) => engine.revoke("db"));
    },
  },
  {
    state: "expired",
    code: "revoked",
    exit: 3,
    alarm: "expired",
    successorWorks: true,
    edit: withProvider({ overlap: false }),
    async reach(scene) {
      await fresh(scene);
      failAt(scene, { "reload app": [failing("FAILED"), failing("FAILED")] });
      await scene.run({ force: true });
    },
  },
  {
    state: "failing",
    code: "mixed",
    exit: 4,
    alarm: "failed",
    edit: twoSinks,
    async reach(scene) {
      await fresh(scene);
      failAt(scene, { "commit b": failing("FAILED"), "undo a": failing("FAILED") });
      await scene.run({ force: true });
      failAt(scene, down);
    },
  },
  {
    state: "drift",
    code: "absent",
    exit: 1,
    alarm: "drift",
    async reach(scene) {
      await fresh(scene);
      scene.remove("a");
      failAt(scene, down);
      await scene.run();
    },
  },
  {
    state: "drift",
    code: "changed",
    exit: 1,
    alarm: "drift",
    async reach(scene) {
      await fresh(scene);
      scene.write("a", "by hand");
      await scene.run();
    },
  },
  {
    state: "foreign",
    code: "foreign",
    exit: 1,
    alarm: "failed",
    async reach(scene) {
      await fresh(scene);
      scene.machine = { ...scene.machine, machineId: "machine-2" };
      failAt(scene, down);
    },
  },
  {
    state: "at-risk",
    code: "clock",
    exit: 1,
    alarm: "at-risk",
    async reach(scene) {
      scene.clock.jumpWall(2 * hour);
      await fresh(scene);
      scene.clock.jumpWall(-2 * hour);
      scene.machine = { ...scene.machine, bootId: "boot-2", uptime: () => 1_000 };
      failAt(scene, down);
    },
  },
  {
    state: "at-risk",
    code: "too-slow",
    exit: 1,
    alarm: "at-risk",
    daemonHelps: true,
    reach: (scene) => scene.run({ every: 70 * minute }),
  },
  {
    state: "at-risk",
    code: "rule",
    exit: 1,
    alarm: "at-risk",
    edit: withProvider({
      mint: async () => ({ fields: { token: new Secret("value-without-end") }, expires: "never" }),
    }),
    reach: (scene) => scene.run(),
  },
  {
    state: "ejected",
    code: "ejected",
    exit: 0,
    async reach(scene) {
      await fresh(scene);
      await scene.ask((engine) => engine.eject("db", new Map([["key", new Secret("given-by-a-person")]])));
      await scene.clock.advance(2 * hour);
    },
  },
  {
    state: "orphaned",
    code: "orphaned",
    exit: 1,
    alarm: "orphaned",
    async reach(scene) {
      await fresh(scene);
      scene.rotations = [rotationIn(scene, { name: "mq", sinks: ["b"] })];
      await scene.run();
    },
  },
  {
    state: "orphaned",
    code: "orphaned",
    exit: 3,
    alarm: "orphaned",
    async reach(scene) {
      await fresh(scene);
      await scene.clock.advance(2 * hour);
      scene.rotations = [rotationIn(scene, { name: "mq", sinks: ["b"] })];
      await scene.run();
    },
  },
  {
    state: "orphaned",
    code: "left",
    exit: 1,
    alarm: "orphaned",
    reach: (scene) => goesElsewhere(scene, minute),
  },
  {
    state: "orphaned",
    code: "left",
    exit: 3,
    alarm: "orphaned",
    reach: (scene) => goesElsewhere(scene, 2 * hour),
  },
];
