import { existsSync } from "node:fs";
import { join } from "node:path";
import { createGate, postgresUnavailable } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createWire } from "../../proof/shared/wire.ts";
import { createStage, rotationOf, specOf, type Fleet, type Stage } from "./stage.ts";

let stage: Stage;

interface Told {
  readonly rotations: readonly {
    readonly name: string;
    readonly result?: string;
    readonly outcome?: string;
    readonly state?: string;
    readonly code?: string;
  }[];
}

/** Two that may move and one that may not. */
function rotationsOf(): string {
  return ["app", "jobs"].map((name) => rotationOf(name)).join("") + rotationOf("own", "");
}

/** The same spec for one machine. */
function alone(spec: string): string {
  return spec.replace(/^state: .*\n/m, "");
}

/** As one machine rotated it until now, with a database that is prepared beside it. */
async function rotatedAlone(): Promise<Fleet & { readonly shared: string }> {
  const fleet = await stage.fleet(specOf(stage.vault, rotationsOf()));
  const shared = fleet.read("rotate.yaml");
  fleet.write("rotate.yaml", alone(shared));
  await fleet.ask("a", ["run", "--json"]);
  return { ...fleet, shared };
}

async function resultsOf(fleet: Fleet, argv: readonly string[], env?: Record<string, string>) {
  const { rotations } = (await fleet.ask("a", ["state", "move", ...argv, "--json"], env)) as Told;
  return Object.fromEntries(rotations.map(({ name, result }) => [name, result]));
}

async function outcomesOf(
  fleet: Fleet,
  host: string,
  names: readonly string[] = [],
): Promise<Readonly<Record<string, string | undefined>>> {
  const { rotations } = (await fleet.ask(host, ["run", ...names, "--json"])) as Told;
  return Object.fromEntries(rotations.map(({ name, outcome }) => [name, outcome]));
}

/** Every host has what the state of this machine was written with. */
async function shareKey(fleet: Fleet): Promise<void> {
  const { stdout } = await fleet.on("a", ["state", "key", "--here"]);
  fleet.write("rotate.key", `${fleet.read("rotate.key")}\n${stdout}`);
}

const strikes = [
  { word: String.raw`\"arriving\"`, moment: "after" },
  { word: "insert into rotate.attempt", moment: "before" },
  { word: String.raw`\"arrivals\"`, moment: "before" },
  { word: String.raw`\"arrivals\"`, moment: "after" },
  { word: "DELETE FROM rotate_boss.job", moment: "after" },
] as const;
const everywhere = { app: "fresh", jobs: "fresh" };

describe.skipIf(postgresUnavailable())("what one machine rotated alone", { timeout: 600_000 }, () => {
  beforeAll(async () => {
    stage = await createStage();
  });
  afterAll(async () => stage.close());

  test("goes to the database with all that is known of it, is fresh on every host, and comes back: nothing is minted for that", async () => {
    const fleet = await rotatedAlone();
    const issued = stage.vault.issued.length;
    const before = fleet.start("a", ["watch"]);
    await vi.waitFor(() => expect(before.said()).toContain("watching"), { timeout: 60_000 });
    fleet.write("rotate.yaml", fleet.shared);
    await vi.waitFor(() => expect(before.said()).toContain("names another state now"), { timeout: 90_000 });
    const lacking = await fleet.on("a", ["state", "move"]);
    expect(lacking.code).toBe(6);
    expect(lacking.stderr).toContain("rotate state key --here");
    await shareKey(fleet);
    expect(await resultsOf(fleet, [])).toEqual({ app: "moved", jobs: "moved", own: "pinned" });
    await vi.waitFor(() => expect(before.said()).toContain("was moved to"), { timeout: 90_000 });
    expect(await resultsOf(fleet, ["app"])).toEqual({ app: "there" });
    // It works on the state that it began with: a run does not ask it.
    expect(await outcomesOf(fleet, "a")).toEqual({ ...everywhere, own: "fresh" });
    expect(before.said()).not.toContain("asks: run");
    before.child.kill("SIGTERM");
    await before.ended;
    // `own` is another one there, and here its file is that of this machine.
    expect(await outcomesOf(fleet, "b", ["app", "jobs"])).toEqual(everywhere);
    const history = (await fleet.ask("b", ["history", "app", "--json"])) as { readonly attempts: readonly object[] };
    expect(history.attempts).toMatchObject([{ outcome: "rotated" }]);
    expect(await fleet.ask("b", ["status", "app", "--check", "--json"])).toMatchObject({ version: 1 });
    expect(await resultsOf(fleet, ["--back"])).toEqual({ app: "moved", jobs: "moved", own: "pinned" });
    const elsewhere = await fleet.on("b", ["status", "app", "--json"]);
    expect(JSON.parse(elsewhere.stdout).rotations).toMatchObject([{ name: "app", code: "moved", exit: 1 }]);
    fleet.write("rotate.yaml", alone(fleet.shared));
    expect(await outcomesOf(fleet, "a")).toEqual({ ...everywhere, own: "fresh" });
    expect(stage.vault.issued.length).toBe(issued);
  });

  test("is neither lost nor had twice when the move is killed at any of its statements: the same again brings it to its end", async () => {
    const fleet = await rotatedAlone();
    fleet.write("rotate.yaml", fleet.shared);
    await shareKey(fleet);
    const issued = stage.vault.issued.length;
    const wire = await createWire(stage.postgres.port);
    onTestFinished(() => wire.close());
    const env = { ROTATE_DB: fleet.urlOf().replace(/:\d+\//, `:${wire.port}/`) };
    for (const [at, { word, moment }] of strikes.entries()) {
      const way = at % 2 === 0 ? ["--back"] : [];
      const running = fleet.start("a", ["state", "move", "app"], env);
      let struck = false;
      wire.arm({ words: [word], moment, delay: 0, strike: () => void (struck = running.child.kill("SIGKILL")) });
      await running.ended;
      expect({ word, moment, struck }).toMatchObject({ struck: true });
      // Brought to its end, or turned back, and then there all the same.
      if (way.length > 0) await fleet.ask("a", ["state", "move", "app", "--back", "--json"]);
      expect(["moved", "there"]).toContain((await resultsOf(fleet, ["app"]))["app"]);
      expect(await fleet.ask("b", ["run", "app", "--json"])).toMatchObject({ rotations: [{ outcome: "fresh" }] });
      expect(await resultsOf(fleet, ["app", "--back"])).toEqual({ app: "moved" });
    }
    fleet.write("rotate.yaml", alone(fleet.shared));
    expect(await outcomesOf(fleet, "a")).toMatchObject(everywhere);
    expect(stage.vault.issued.length).toBe(issued);
  });

  test("stays here where the database has a state of its own of it, and says so before that happens", async () => {
    const fleet = await rotatedAlone();
    fleet.write("rotate.yaml", fleet.shared);
    await shareKey(fleet);
    const warned = await fleet.on("a", ["run"]);
    expect(warned.stderr).toContain("rotate state move");
    const refused = await fleet.on("a", ["state", "move", "--json"]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).rotations).toMatchObject([{ result: "occupied" }, { result: "occupied" }, {}]);
    const wrong = await fleet.on("a", ["state", "move", "nobody"]);
    expect(wrong.code).toBe(2);
  });
});

describe.skipIf(postgresUnavailable())(
  "a watch that is started while the database is away",
  { timeout: 300_000 },
  () => {
    beforeAll(async () => {
      stage = await createStage();
    });
    afterAll(async () => stage.close());

    test("waits for it and says so, and rotates as soon as it answers; a run is told at once, and a wrong key ends both", async () => {
      const fleet = await stage.fleet(specOf(stage.vault, rotationOf("app")));
      const gate = await createGate(stage.postgres.port);
      onTestFinished(() => gate.close());
      gate.shut();
      const env = { ROTATE_DB: fleet.urlOf().replace(/:\d+\//, `:${gate.port}/`) };
      expect((await fleet.on("a", ["run"], env)).code).toBe(6);
      const watch = fleet.start("a", ["watch", "--listen-health", "127.0.0.1:0"], env);
      await vi.waitFor(() => expect(watch.said()).toContain("it is waited for"), { timeout: 60_000 });
      const address = await vi.waitFor(() => /http:\/\/127\.0\.0\.1:\d+/.exec(watch.said())![0], { timeout: 60_000 });
      expect((await fetch(`${address}/readyz`)).status).toBe(503);
      gate.open();
      await vi.waitFor(() => expect(existsSync(join(fleet.folder, "app.env"))).toBe(true), { timeout: 120_000 });
      await vi.waitFor(async () => expect((await fetch(`${address}/readyz`)).status).toBe(200), { timeout: 60_000 });
      watch.child.kill("SIGTERM");
      expect((await watch.ended).code).toBe(0);
      fleet.write("rotate.key", Buffer.alloc(32, 1).toString("base64"));
      expect((await fleet.start("a", ["watch"], env).ended).code).toBe(6);
    });
  },
);
