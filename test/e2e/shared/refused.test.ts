/** A shared state that is not as rotate needs it: the package says what it is and what to do, and changes nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { postgresUnavailable } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pgbouncer, pooled } from "../../../packages/core/test/fleet/pooler.ts";
import { createStage, rotationOf, specOf, type Fleet, type Stage } from "./stage.ts";

let stage: Stage;

function fleetOf(more = "", options?: { readonly bare: boolean }): Promise<Fleet> {
  return stage.fleet(specOf(stage.vault, rotationOf("app"), more), options);
}

/** A role that may log in, and do what it is given. */
async function roleOf(name: string): Promise<string> {
  await stage.postgres.createRole(name, { password: name });
  return name;
}

function as(fleet: Fleet, role: string): { readonly ROTATE_DB: string } {
  return { ROTATE_DB: fleet.urlOf(role) };
}

describe.skipIf(postgresUnavailable())("a shared state that is not as it should be", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    stage = await createStage();
  });
  afterAll(async () => stage.close());

  test("tables of a newer rotate are left alone, and an upgrade does not bring them back", async () => {
    const fleet = await fleetOf(", schema: newer");
    await stage.sql.query("update newer.meta set value = '99' where key = 'layout'");
    for (const argv of [["run"], ["status"], ["state", "init"], ["state", "upgrade"]]) {
      const { code, stderr } = await fleet.on("a", argv);
      expect({ argv, code, stderr }).toMatchObject({ code: 6, stderr: expect.stringMatching(/newer/) });
    }
    expect(existsSync(join(fleet.folder, "app.env"))).toBe(false);
  });

  test("a role that may only see tells how all stand and rotates nothing; one that may nothing is told so", async () => {
    const reader = await roleOf("seer");
    const nobody = await roleOf("nobody_here");
    const fleet = await fleetOf();
    await fleet.ask("owner", ["state", "init", "--reader", reader, "--json"]);
    await fleet.ask("a", ["run", "--json"]);
    const before = fleet.read("app.env");
    expect(await fleet.ask("b", ["status", "--json"], as(fleet, reader))).toMatchObject({
      rotations: [{ name: "app", state: "fresh" }],
    });
    for (const role of [reader, nobody]) {
      const { code, stderr } = await fleet.on("b", ["run", "--force"], as(fleet, role));
      expect({ role, code, stderr }).toMatchObject({ code: 6, stderr: expect.stringMatching(/ROTATE_STATE_DENIED/) });
    }
    const { code } = await fleet.on("b", ["status"], as(fleet, nobody));
    expect(code).toBe(6);
    expect(fleet.read("app.env")).toBe(before);
  });

  test("a role without the right to make schemas prepares nothing; one with it needs no extension and no superuser", async () => {
    const owner = await roleOf("plain_owner");
    const worker = await roleOf("plain_worker");
    const fleet = await fleetOf(", schema: plainly", { bare: true });
    const init = ["state", "init", "--worker", worker];
    const refused = await fleet.on("owner", init, as(fleet, owner));
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining("ROTATE_STATE_DENIED") });
    const { rows } = await stage.sql.query("select to_regnamespace('plainly') as found");
    expect(rows).toEqual([{ found: null }]);
    await stage.sql.query(`grant create on database postgres to ${owner}`);
    const extensions = async () => (await stage.sql.query("select extname from pg_extension")).rows;
    const before = await extensions();
    await fleet.ask("owner", [...init, "--json"], as(fleet, owner));
    expect(await fleet.ask("a", ["run", "--json"], as(fleet, worker))).toMatchObject({
      rotations: [{ outcome: "rotated" }],
    });
    expect(await extensions()).toEqual(before);
  });

  test("two teams in one database rotate side by side, and neither works on the tables of the other", async () => {
    const [one, two] = [await roleOf("team_one"), await roleOf("team_two")];
    const fleets = [await fleetOf(", schema: ours", { bare: true }), await fleetOf(", schema: theirs", { bare: true })];
    for (const [at, fleet] of fleets.entries()) {
      const role = [one, two][at]!;
      await fleet.ask("owner", ["state", "init", "--worker", role, "--json"]);
      expect(await fleet.ask("a", ["run", "--json"], as(fleet, role))).toMatchObject({
        rotations: [{ name: "app", outcome: "rotated" }],
      });
    }
    const [, theirs] = fleets;
    const value = theirs!.read("app.env");
    const strayed = await theirs!.on("a", ["run", "--force"], as(theirs!, one));
    expect(strayed).toMatchObject({ code: 6, stderr: expect.stringContaining("ROTATE_STATE_DENIED") });
    expect(theirs!.read("app.env")).toBe(value);
  });

  test.skipIf(pgbouncer)(
    `a pooler in transaction mode is as good as none; one in statement mode is refused, with what to do${pgbouncer ? ` (${pgbouncer})` : ""}`,
    async () => {
      const role = await roleOf("pooled_worker");
      const fleet = await fleetOf();
      await fleet.ask("owner", ["state", "init", "--worker", role, "--json"]);
      const transactions = await pooled(stage.postgres, "transaction", [role]);
      const through = { ROTATE_DB: transactions(role) };
      expect(await fleet.ask("a", ["run", "--json"], through)).toMatchObject({ rotations: [{ outcome: "rotated" }] });
      expect(await fleet.ask("b", ["run", "--json"], through)).toMatchObject({ rotations: [{ outcome: "fresh" }] });
      const statements = await pooled(stage.postgres, "statement", [role]);
      const refused = await fleet.on("a", ["run", "--force"], { ROTATE_DB: statements(role) });
      expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining("pool_mode") });
    },
  );
});
