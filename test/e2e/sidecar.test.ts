import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresUnavailable } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { startPoolLoad } from "./support/pool-load.ts";
import { startSidecarStage, until, type SidecarStage } from "./support/sidecar-stage.ts";

async function stage(): Promise<SidecarStage> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-sidecar-"));
  const made = await startSidecarStage(directory);
  onTestFinished(async () => {
    await made.close();
    await rm(directory, { recursive: true });
  });
  return made;
}

test.skipIf(postgresUnavailable())(
  "an application with a pool goes through rotations without a failed query, a reload or a user left behind",
  async () => {
    const { address, rotate, users, status, endWatch } = await stage();
    const load = startPoolLoad(address, { clients: 4, uses: 15, pause: 10 });
    let reloads = 0;
    for (let round = 0; round < 3; round++) {
      const seen = load.figures().users.length;
      reloads += await rotate();
      await until(
        async () => load.figures().users.length > seen,
        () => JSON.stringify(load.figures()),
      );
    }
    await until(
      async () => (await users()).length === 1,
      () => "the earlier users are still there",
    );
    const { state, sessions, refusals } = await status();
    expect({ state, leases: sessions.length, refusals, reloads }).toEqual({
      state: "listening",
      leases: 1,
      refusals: [],
      reloads: 0,
    });
    const { queries, failures, messages, users: used } = await load.stop();
    expect([failures, [...messages.keys()]]).toEqual([0, []]);
    expect(queries).toBeGreaterThan(50);
    expect(used.length).toBeGreaterThanOrEqual(4);
    expect(await endWatch()).toBe(0);
  },
);
