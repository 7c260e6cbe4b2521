/** Every state of the standing table, reached on the real engine. */
import { RotateError, Secret } from "@rotate/plugin-kit";
import { expect } from "vitest";
import { rotationIn } from "./spec.ts";
import { failAt, failing, hour, minute, untilDue, type EditRotation, type Scene } from "./support.ts";

/** A state, and the way there. */
export interface Row {
  readonly state: string;
  readonly code: string;
  readonly exit: number;
  /** Absent: none. */
  readonly alarm?: string;
  /** A daemon would keep it: only runs come too seldom. */
  readonly daemonHelps?: true;
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

/** One at least for each line of the table that one machine alone can reach. */
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
];
