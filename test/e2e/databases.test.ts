import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { databaseKinds } from "./support/databases/index.ts";
import { startDatabaseStage } from "./support/databases/stage.ts";
import { until } from "./support/sidecar-stage.ts";

describe.each(databaseKinds)("$name", (kind) => {
  const missing = kind.unavailable();
  test.skipIf(missing !== undefined)(
    `goes through rotations with what \`rotate databases setup\` prints, without a failed query, a user left behind or a password shown${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    async () => {
      const directory = await mkdtemp(join(tmpdir(), "rotate-databases-"));
      const stage = await startDatabaseStage(kind, { directory, clients: 2 });
      onTestFinished(async () => {
        await stage.close();
        await rm(directory, { recursive: true });
      });
      for (let round = 0; round < 2; round++) expect(await stage.rotate()).toBe("rotated");
      await until(async () => (await stage.leases()) === 1, stage.log);
      expect(await stage.leaked()).toBe(0);
      const { asked, failures, messages, logins } = await stage.end();
      expect([failures, [...messages.keys()]]).toEqual([0, []]);
      expect(asked).toBeGreaterThan(10);
      expect(new Set(logins).size).toBe(3);
    },
  );
});
