import { existsSync } from "node:fs";
import { join } from "node:path";
import { postgresUnavailable } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createStage, specOf, type Stage } from "./stage.ts";

let stage: Stage;

/** Whoever comes to it first stays in its `verify`: minted, and nothing written. */
const rotation = `  app:
    provider: db
    moves: true
    request: { path: database/creds/app, fields: { username: username, password: password } }
    verify: [{ type: exec, timeout: 10m, command: [/bin/sh, -c, "[ -e begun ] || { touch begun; exec sleep 600; }"] }]
    sinks: [{ type: dotenv, path: app.env, values: { DB_USER: "{{ username }}" } }]
    reload: [{ type: exec, command: [/bin/sh, -c, "cat app.env >> reloads"] }]
`;

describe.skipIf(postgresUnavailable())(
  "a worker that is killed in the midst of a rotation",
  { timeout: 300_000 },
  () => {
    beforeAll(async () => {
      stage = await createStage();
    });
    afterAll(async () => stage.close());

    test("is followed by another, which rotates once, writes once, and leaves nothing behind that nobody knows of", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotation));
      const workers = new Map(["a", "b"].map((host) => [host, fleet.start(host, ["watch"])]));
      await vi.waitFor(() => expect(existsSync(join(fleet.folder, "begun"))).toBe(true), { timeout: 120_000 });
      const [row] = (await stage.sql.query("select holder from rotate.rotation where spec = $1", [fleet.name])).rows;
      const holder = workers.get(String(row.holder).split(" ")[0]!)!;
      const killedAt = Date.now();
      holder.child.kill("SIGKILL");
      await holder.ended;
      await vi.waitFor(() => expect(existsSync(join(fleet.folder, "reloads"))).toBe(true), { timeout: 120_000 });
      // Ten seconds without a sign of life, and not before.
      expect(Date.now() - killedAt).toBeGreaterThan(6_000);
      await vi.waitFor(async () => expect((await fleet.on("c", ["status", "--check"])).code).toBe(0), {
        timeout: 120_000,
        interval: 500,
      });
      expect(fleet.read("reloads").match(/DB_USER=/g)).toHaveLength(1);
      expect(await fleet.ask("c", ["history", "app", "--json"])).toMatchObject({ attempts: [{ outcome: "rotated" }] });
      const { rows } = await stage.sql.query("select state::text as state from rotate.rotation where spec = $1", [
        fleet.name,
      ]);
      for (const { id } of stage.vault.leases()) expect(rows[0].state).toContain(id);
      expect(stage.vault.issued).toHaveLength(2);
    });
  },
);
