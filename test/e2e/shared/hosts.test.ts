import { postgresUnavailable } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createStage, rotationOf, specOf, type Fleet, type Running, type Stage } from "./stage.ts";

let stage: Stage;

interface Told {
  readonly rotations: readonly {
    readonly name: string;
    readonly state: string;
    readonly host?: string;
    readonly alarm?: string;
    readonly reason?: string;
  }[];
}

async function statusOn(fleet: Fleet, host: string): Promise<Map<string, Told["rotations"][number]>> {
  const { rotations } = (await fleet.ask(host, ["status", "--json"])) as Told;
  return new Map(rotations.map((each) => [each.name, each]));
}

function userIn(fleet: Fleet, name: string): string {
  return /^DB_USER=(.*)$/m.exec(fleet.read(`${name}.env`))![1]!;
}

/** It has begun, and told the others. */
async function untilHeard(fleet: Fleet, host: string, running: Running): Promise<void> {
  await vi.waitFor(
    async () => {
      const { rows } = await stage.sql.query("select from rotate.host where spec = $1 and id = $2 and watches", [
        fleet.name,
        host,
      ]);
      if (rows.length === 0) throw new Error(`${host} is not heard of: ${running.said()}`);
    },
    { timeout: 60_000, interval: 200 },
  );
}

async function longAgo(fleet: Fleet, host: string): Promise<void> {
  const text = "update rotate.host set seen_at = now() - interval '3 days' where spec = $1 and id = $2";
  await stage.sql.query(text, [fleet.name, host]);
}

describe.skipIf(postgresUnavailable())(
  "what one machine alone rotates, and what chooses among machines",
  { timeout: 300_000 },
  () => {
    beforeAll(async () => {
      stage = await createStage();
    });
    afterAll(async () => stage.close());

    test("every machine tells how what is pinned to the others stands, and says so when one is not heard of any more", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app", "")));
      await fleet.ask("a", ["run", "--json"]);
      const seen = await statusOn(fleet, "b");
      expect(seen.get("app@a")).toMatchObject({ state: "fresh", host: "a" });
      expect(seen.get("app")).toMatchObject({ state: "never" });
      await longAgo(fleet, "a");
      const { code, stdout } = await fleet.on("b", ["status", "app@a", "--check", "--json"]);
      expect(code).toBe(1);
      expect(JSON.parse(stdout).rotations).toMatchObject([{ alarm: "cannot-serve", code: "gone" }]);
      const asked = await fleet.on("b", ["run", "app@a"]);
      expect(asked.code).toBe(6);
      expect(asked.stderr).toContain("does not answer");
    });

    test("a rotation with `host` is rotated there alone; `run` and `revoke` from another machine ask it, and nothing else is done for it elsewhere", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app", "    host: b\n")));
      const before = await fleet.on("a", ["status", "--check"]);
      expect(before).toMatchObject({ code: 1 });
      expect(before.stdout).toContain("was never heard of");
      expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [] });
      const watch = fleet.start("b", ["watch"]);
      await untilHeard(fleet, "b", watch);
      await vi.waitFor(() => userIn(fleet, "app"), { timeout: 60_000 });
      const first = userIn(fleet, "app");
      const forced = await fleet.ask("a", ["run", "app", "--force", "--json"]);
      expect(forced).toMatchObject({ rotations: [{ name: "app", outcome: "rotated" }] });
      const second = userIn(fleet, "app");
      expect(second).not.toBe(first);
      const revoked = await fleet.ask("a", ["revoke", "app", "--yes", "--json"]);
      expect(revoked).toMatchObject({ name: "app", leases: [{ result: "revoked" }] });
      expect(stage.vault.databaseUsers()).not.toContain(second);
      for (const argv of [
        ["eject", "app", "--keep", "--yes"],
        ["credential", "app", "--format", "json"],
      ]) {
        const refused = await fleet.on("a", argv);
        expect(refused.code).toBe(2);
        expect(refused.stderr).toContain("rotated by the machine b");
      }
      expect(watch.said()).toContain("run --force");
    });

    test("a label that nobody serves is told, and its rotation is left to whoever serves it", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app", "    moves: true\n    runsOn: eu\n")));
      expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [] });
      const unserved = await fleet.on("a", ["status", "--check"]);
      expect(unserved.code).toBe(1);
      expect(unserved.stdout).toContain("--label eu");
      const watch = fleet.start("b", ["watch", "--label", "eu"]);
      await untilHeard(fleet, "b", watch);
      await vi.waitFor(() => userIn(fleet, "app"), { timeout: 60_000 });
      await vi.waitFor(async () => expect((await statusOn(fleet, "a")).get("app")?.state).toBe("fresh"), {
        timeout: 60_000,
        interval: 300,
      });
    });

    test("a machine that lacks a reference takes nothing that moves, and says which", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app")));
      const watch = fleet.start("b", ["watch"], { TOKEN: "" });
      await vi.waitFor(() => expect(watch.said()).toContain("takes nothing that moves"), { timeout: 60_000 });
      expect(watch.said()).toContain("TOKEN");
      expect(() => fleet.read("app.env")).toThrow("ENOENT");
      await fleet.ask("a", ["run", "--json"]);
      expect(userIn(fleet, "app")).not.toBe("");
    });

    test("a state directory that is put under `state` goes on: what it wrote is known, and nothing is minted", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app", "")));
      const shared = fleet.read("rotate.yaml");
      fleet.write("rotate.yaml", shared.replace(/^state: .*\n/m, ""));
      await fleet.ask("a", ["run", "--json"]);
      const user = userIn(fleet, "app");
      fleet.write("rotate.yaml", shared);
      expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({
        rotations: [{ outcome: "fresh", standing: { exit: 0 } }],
      });
      expect(await fleet.ask("a", ["run", "--force", "--json"])).toMatchObject({ rotations: [{ outcome: "rotated" }] });
      expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [{ outcome: "fresh" }] });
      expect(userIn(fleet, "app")).not.toBe(user);
      expect((await fleet.on("a", ["status", "--check"])).code).toBe(0);
    });

    test("while the database is away what is pinned is rotated and told of, and the rest is said to be unknown", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app", "") + rotationOf("moving")));
      const away = { ROTATE_DB: "postgres://nobody@127.0.0.1:1/rotate" };
      const ran = await fleet.on("a", ["run", "--json"], away);
      expect(ran.code).toBe(6);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        rotations: [{ name: "app", outcome: "rotated" }],
        untold: ["moving"],
        troubles: [{ code: "ROTATE_STATE_UNREACHABLE" }],
      });
      const told = await fleet.on("a", ["status", "--check"], away);
      expect(told.code).toBe(6);
      expect(told.stdout).toContain("nothing is known of moving");
      expect(await fleet.on("a", ["run", "app"], away)).toMatchObject({ code: 0 });
      expect((await fleet.on("a", ["run", "moving"], away)).stderr).toContain("does not answer");
      expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({
        rotations: [{ outcome: "fresh" }, { outcome: "rotated" }],
      });
    });

    test("a place that nobody could keep to is a fault of the spec", async () => {
      const more = "    runsOn: eu\n";
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app", more)), { bare: true });
      const { code, stderr, stdout } = await fleet.on("a", ["validate"]);
      expect(code).toBe(2);
      expect(stderr + stdout).toContain("stays on its own");
    });
  },
);
