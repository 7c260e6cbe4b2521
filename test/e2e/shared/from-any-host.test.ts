import type { HistoryReport } from "@rotate/core";
import { postgresUnavailable } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createStage, rotationOf, specOf, type Fleet, type Stage } from "./stage.ts";

let stage: Stage;

async function fleetOf(...names: readonly string[]): Promise<Fleet> {
  return stage.fleet(specOf(stage.vault, names.map((name) => rotationOf(name)).join("")));
}

function userIn(fleet: Fleet, name: string): string {
  return /^DB_USER=(.*)$/m.exec(fleet.read(`${name}.env`))![1]!;
}

function isAlive(user: string): boolean {
  return stage.vault.databaseUsers().includes(user);
}

describe.skipIf(postgresUnavailable())("what one host has minted, any other looks after", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    stage = await createStage();
  });
  afterAll(async () => stage.close());

  test("another host plans, tells, gives out, revokes and forgets it", async () => {
    const fleet = await fleetOf("app");
    await fleet.ask("a", ["run", "--json"]);
    const user = userIn(fleet, "app");
    expect(await fleet.ask("b", ["plan", "--json"])).toMatchObject({ rotations: [{ name: "app", due: false }] });
    expect(await fleet.ask("b", ["history", "app", "--json"])).toMatchObject({ attempts: [{ outcome: "rotated" }] });
    expect(await fleet.ask("b", ["status", "--check", "--json"])).toMatchObject({ rotations: [{ state: "fresh" }] });
    const given = await fleet.on("b", ["credential", "app", "--format", "json"]);
    expect(given).toMatchObject({ code: 0 });
    expect(given.stdout).toContain(user);
    expect(await fleet.ask("b", ["revoke", "app", "--yes", "--json"])).toMatchObject({
      leases: [{ result: "revoked" }],
    });
    expect(isAlive(user)).toBe(false);
    expect((await fleet.on("c", ["status", "--check"])).code).toBe(3);
    await fleet.ask("a", ["run", "--json"]);
    const next = userIn(fleet, "app");
    expect(isAlive(next)).toBe(true);
    expect(await fleet.ask("b", ["forget", "app", "--revoke", "--yes", "--json"])).toMatchObject({
      rotations: [{ name: "app", result: "forgotten" }],
    });
    expect(isAlive(next)).toBe(false);
    expect(await fleet.ask("a", ["status", "--json"])).toMatchObject({ rotations: [{ state: "never" }] });
  });

  test.each([
    ["ahead", 2],
    ["behind", -2],
  ])("a host whose clock is two hours %s says in words how long it lives as the others do", async (_, hours) => {
    const fleet = await fleetOf("app");
    await fleet.ask("a", ["run", "--json"]);
    const off = `const { now } = Date; Date.now = () => now() + ${hours} * 3_600_000`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(off)}` };
    const left = /5\dm left/;
    expect((await fleet.on("a", ["status"])).stdout).toMatch(left);
    expect((await fleet.on("b", ["status"], env)).stdout).toMatch(left);
    expect((await fleet.on("b", ["needs-rotation", "app"], env)).stdout).toMatch(
      /^not due: 5\dm left of (1h|59m), refresh in [34]\dm/,
    );
    expect((await fleet.on("b", ["status", "--check", "--min-remaining", "30m"], env)).code).toBe(0);
    expect((await fleet.on("b", ["status", "--check", "--min-remaining", "90m"], env)).code).toBe(3);
    expect((await fleet.on("b", ["run", "--force"], env)).stdout).toMatch(/next in [34]\dm/);
    const { attempts } = (await fleet.ask("a", ["history", "app", "--json"])) as HistoryReport;
    expect(attempts.map(({ startedAt }) => Math.abs(Date.parse(startedAt) - Date.now()) < 3_600_000)).toEqual([
      true,
      true,
    ]);
  });

  test("another host ejects it: given values are written, what was minted is revoked, and no host rotates it afterwards", async () => {
    const fleet = await fleetOf("app");
    await fleet.ask("a", ["run", "--json"]);
    const user = userIn(fleet, "app");
    const values = ["--values", "DB_USER={env:NEW_USER}", "--values", "DB_PASSWORD={env:NEW_PASSWORD}"];
    const given = { NEW_USER: "mine", NEW_PASSWORD: "own-password" };
    expect(await fleet.ask("b", ["eject", "app", ...values, "--yes", "--json"], given)).toMatchObject({
      ejected: true,
    });
    expect(userIn(fleet, "app")).toBe("mine");
    expect(isAlive(user)).toBe(false);
    expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [{ outcome: "fresh" }] });
    expect(userIn(fleet, "app")).toBe("mine");
    expect(await fleet.ask("c", ["run", "app", "--force", "--json"])).toMatchObject({
      rotations: [{ outcome: "rotated" }],
    });
  });

  test("a dump restored elsewhere is adopted as moved, and goes on; or as a copy, and mints anew without revoking", async () => {
    const fleet = await fleetOf("app");
    await fleet.ask("a", ["run", "--json"]);
    const user = userIn(fleet, "app");
    const elsewhere = "update rotate.meta set value = 'another server' where key like 'system%'";
    await stage.sql.query(elsewhere);
    const refused = await fleet.on("a", ["run"]);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain("rotate state adopt");
    await fleet.ask("b", ["state", "adopt", "--moved", "--json"]);
    expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [{ outcome: "fresh" }] });
    await stage.sql.query(elsewhere);
    await fleet.ask("b", ["state", "adopt", "--copy", "--json"]);
    expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [{ outcome: "rotated" }] });
    expect(userIn(fleet, "app")).not.toBe(user);
    expect(isAlive(user)).toBe(true);
  });

  test("tables of an earlier rotate are refused until the owner upgrades them", async () => {
    const fleet = await fleetOf("app");
    await fleet.ask("a", ["run", "--json"]);
    await stage.sql.query("update rotate_boss.version set version = version - 1");
    for (const argv of [["run"], ["state", "init"]]) {
      const { code, stderr } = await fleet.on("a", argv);
      expect(code).toBe(6);
      expect(stderr).toContain("rotate state upgrade");
    }
    await fleet.ask("b", ["state", "upgrade", "--json"]);
    expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [{ outcome: "fresh" }] });
  });
});
