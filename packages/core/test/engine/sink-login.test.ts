import type { LoggedIn, Login, Sink } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { createScene, failAt, failing, hour, minute, untilDue, type Scene } from "./support.ts";
import { rotationIn, sinkEntry } from "./spec.ts";
import { placeIn, type DiskWorld } from "./world.ts";

interface LoggingIn {
  readonly scene: Scene;
  /** Every login that a call came with, and the call: `commit 1`. */
  readonly used: string[];
  readonly logins: () => number;
}

function nthOf(login: unknown): number {
  return (login as { readonly nth: number }).nth;
}

/** A scene whose sinks `names` log in by `login`, which is told the number of the login, from 1. */
function createLoggingIn(names: readonly string[], login: (nth: number) => Login | Promise<Login>): LoggingIn {
  const used: string[] = [];
  let logins = 0;
  const note = (call: string, { login: kept }: LoggedIn): void => void used.push(`${call} ${nthOf(kept)}`);
  function part(world: DiskWorld, name: string): Sink {
    const place = placeIn(world, name);
    return {
      ...place,
      async login() {
        logins += 1;
        return { nth: logins, ...(await login(logins)) };
      },
      async prepare(values, ctx) {
        note("prepare", ctx);
        const { changed, commit, undo } = await place.prepare(values, ctx);
        return {
          changed,
          async commit(later) {
            note("commit", later);
            await world.hook(`store ${name} ${nthOf(later.login)}`);
            await commit(later);
          },
          async undo(later) {
            note("undo", later);
            await undo?.(later);
          },
        };
      },
      async read(keys, ctx) {
        note("read", ctx);
        return (await place.read?.(keys, ctx)) ?? {};
      },
    };
  }
  const edit = (_: Rotation, world: DiskWorld): Rotation => {
    const sinks = names.map((name) => ({ ...sinkEntry(world, name), part: part(world, name) }));
    return { ...rotationIn(world, { sinks: names }), sinks };
  };
  return { scene: createScene(edit), used, logins: () => logins };
}

test("a sink logs in once for all that is done with it, and again when that login has ended", async () => {
  const { scene, used, logins } = createLoggingIn(["a"], () => ({ expires: { in: 2 * hour } }));
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(logins()).toBe(1);
  expect(new Set(used)).toEqual(new Set(["read 1", "prepare 1", "commit 1"]));
});

test("a login that says no end serves one call", async () => {
  const { scene, used, logins } = createLoggingIn(["a"], () => ({}));
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(new Set(used).size).toBe(used.length);
  expect(logins()).toBeGreaterThan(2);
});

test("what a sink wrote is undone under the login that wrote it, although no other is to be had any more", async () => {
  const { scene, used } = createLoggingIn(["a", "b"], (nth) => {
    if (nth > 4) throw failing("UNAVAILABLE");
    return { expires: { in: 20 * minute } };
  });
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { "store b 4": failing("INVALID", { retryable: false }) });
  const { db } = await scene.run();
  expect(db.sinks.map(({ result }) => result)).toEqual(["undone", "failed"]);
  expect(used).toContain("undo 3");
  expect([scene.held("a"), scene.held("b")]).toEqual(["value-1", "value-1"]);
});

test("nothing is written under a login that may end before it could be undone", async () => {
  const { scene, used } = createLoggingIn(["a"], () => ({ expires: { in: 10 * minute } }));
  await scene.run();
  await scene.clock.advance(8 * minute);
  used.length = 0;
  await scene.run({ force: true });
  expect(used).toContain("commit 2");
  expect(used.filter((call) => call.endsWith(" 1"))).toEqual([]);
});

test("a store that denies a login that grew old is asked again under a new one", async () => {
  const { scene, used } = createLoggingIn(["a"], () => ({ expires: { in: hour } }));
  scene.onStep = (step) => {
    if (step === "store a 1") throw failing("DENIED", { retryable: false });
  };
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(used.filter((call) => call.startsWith("commit"))).toEqual(["commit 1", "commit 2"]);
});

test("where a sink cannot log in nothing is minted", async () => {
  const { scene } = createLoggingIn(["a"], () => Promise.reject(failing("DENIED", { retryable: false })));
  const { db } = await scene.run();
  expect(db.outcome).toBe("failed");
  expect(db.phases.find(({ result }) => result === "failed")).toMatchObject({
    phase: "preflight",
    error: { code: "ROTATE_PREFLIGHT_DENIED" },
  });
  expect(scene.mints()).toBe(0);
});
