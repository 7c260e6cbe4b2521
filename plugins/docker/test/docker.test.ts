import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { reloadContract } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { docker } from "../src/docker.ts";
import { event, start, startEngine } from "./support.ts";

describe("restarting a container", () => {
  test("restarts it and waits until it stays up", async () => {
    const { engine, run } = await start();
    const before = engine.run("app");
    await run();
    expect(engine.container("app")).toMatchObject({ id: before.id, status: "running", starts: 2 });
  });

  test("waits for its health check", async () => {
    const { engine, run } = await start();
    engine.setImage("app:1", { behaviour: () => "healthy" });
    engine.run("app");
    await expect(run()).resolves.toBeUndefined();
    engine.setImage("app:1", { behaviour: () => "unhealthy" });
    await expect(run()).rejects.toMatchObject({ code: "FAILED", message: expect.stringContaining("app is unhealthy") });
    engine.setImage("app:1", { behaviour: () => "starting" });
    await expect(run()).rejects.toThrow("app is not healthy in time");
  });

  test("fails with its last lines when it dies, at once or after a moment", async () => {
    const { engine, run } = await start();
    engine.run("app");
    engine.setImage("app:1", { behaviour: () => "dies" });
    await expect(run()).rejects.toThrow("app is exited (exit 1): app says: password authentication failed");
    engine.setImage("app:1", { behaviour: () => "flaps" });
    await expect(run()).rejects.toThrow("app started and died");
  });

  test("is refused when the new value stands in the environment, which is fixed at creation", async () => {
    const { engine, run } = await start();
    engine.run("app", { env: ["DB_PASSWORD=old", "PORT=8080"] });
    await expect(run()).rejects.toMatchObject({ code: "INVALID", hint: expect.stringContaining("recreate") });
    expect(engine.container("app")?.starts).toBe(1);
  });
});

describe("signalling a container", () => {
  test("sends the signal to its first process", async () => {
    const { engine, run } = await start();
    engine.run("app");
    await run({ action: "signal", signal: "SIGUSR1" });
    expect(engine.container("app")).toMatchObject({ signals: ["SIGUSR1"], starts: 1 });
  });

  test("fails when it is not running, or the engine does not know the signal", async () => {
    const { engine, run } = await start();
    engine.run("app", { started: false });
    await expect(run({ action: "signal" })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(run({ action: "signal", signal: "SIGFOO" })).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("a Compose service", () => {
  const labels = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.oneoff": "False",
  };
  const target = { container: undefined, project: "shop", service: "web" };

  test("is all its containers, one after another, and no others", async () => {
    const { engine, run } = await start();
    for (const name of ["shop-web-1", "shop-web-2"]) engine.run(name, { labels });
    engine.run("shop-db-1", { labels: { ...labels, "com.docker.compose.service": "db" } });
    await run(target);
    const starts = ["shop-web-1", "shop-web-2", "shop-db-1"].map((name) => engine.container(name)?.starts);
    expect(starts).toEqual([2, 2, 1]);
  });

  test("without containers is found before anything is minted", async () => {
    const { check } = await start();
    await expect(check(target)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the check", () => {
  test("passes for a container that is there, and changes nothing", async () => {
    const { engine, check } = await start();
    engine.run("app");
    expect(await check()).toEqual([]);
    expect(engine.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  test("finds a container that does not exist, and one that is given by its id", async () => {
    const { engine, check } = await start();
    await expect(check()).rejects.toMatchObject({ code: "NOT_FOUND" });
    const { id } = engine.run("app");
    await expect(check({ container: id.slice(0, 12) })).rejects.toMatchObject({
      code: "INVALID",
      hint: "give the name: app",
    });
  });

  test("finds that a restart would not reach what an env file gave", async () => {
    const { engine, envFile, check } = await start();
    engine.run("app", { env: ["DB_PASSWORD=old"] });
    for (const action of ["restart", "signal"]) {
      await expect(check({ action, envFiles: [envFile] })).rejects.toMatchObject({
        code: "INVALID",
        message: expect.stringContaining("fixed when it is created"),
      });
    }
    await expect(check({ action: "recreate", envFiles: [envFile] })).resolves.toEqual([]);
  });

  test("finds a container that cannot be put back, and warns of one whose environment would not change", async () => {
    const { engine, check } = await start();
    engine.run("app", { hostConfig: { AutoRemove: true } });
    await expect(check({ action: "recreate" })).rejects.toMatchObject({ code: "INVALID" });
    engine.run("other");
    expect(await check({ container: "other", action: "recreate" })).toMatchObject([{ level: "warn" }]);
  });

  test("finds that it is not clear which container is meant", async () => {
    const { check } = await start();
    await expect(check({ service: "web" })).rejects.toMatchObject({ code: "INVALID" });
    await expect(check({ container: undefined })).rejects.toMatchObject({ code: "INVALID" });
  });

  test("finds before the mint that a restart would not bring what the sink writes", async () => {
    const { engine, check } = await start();
    engine.run("app", { env: ["DB_PASSWORD=old"] });
    const planned = [{ type: "dotenv", target: "/srv/.env", keys: ["DB_PASSWORD"] }];
    await expect(check({}, planned)).rejects.toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("fixed when it is created"),
    });
    await expect(check({ action: "recreate" }, planned)).resolves.toBeDefined();
  });

  test("finds an engine that is not there, or too old", async () => {
    const { directory, check } = await start();
    await expect(check({ socketPath: join(directory, "none.sock") })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const old = await start({ apiVersion: "1.41" });
    await expect(old.check()).rejects.toMatchObject({ code: "INVALID", message: expect.stringContaining("1.41") });
  });
});

test.each([
  ["1.47", "1.24", "1.47"],
  ["1.60", "1.44", "1.51"],
  ["1.60", "1.55", "1.55"],
  ["1.43", "1.12", "1.43"],
])("to an engine of API %s (oldest %s) it speaks %s", async (apiVersion, minApiVersion, spoken) => {
  const { engine, run } = await start({ apiVersion, minApiVersion });
  engine.run("app");
  await run();
  expect(engine.requests.at(-1)?.path).toContain(`/v${spoken}/`);
});

test("counts recreate and restart as adopted, a signal only when the spec says so", () => {
  const adopted = ["recreate", "restart", "signal"].map((action) => docker.adopts({ action }));
  expect(adopted).toEqual([true, true, false]);
  expect(docker.adopts({ action: "signal", adopts: true })).toBe(true);
});

/** The version of Docker's own command line, or undefined where it is not installed. */
function dockerCli(): string | undefined {
  try {
    return execFileSync("docker", ["--version"], { encoding: "utf8" });
  } catch {
    return undefined;
  }
}

test.skipIf(dockerCli() === undefined)("Docker's own command line takes the stand-in for an engine", async () => {
  const { engine } = await startEngine();
  const { id } = engine.run("app", { env: ["A=1"] });
  const cli = async (...args: readonly string[]) =>
    (await promisify(execFile)("docker", ["-H", `unix://${engine.socketPath}`, ...args])).stdout.trim();
  expect(await cli("inspect", "--format", "{{.Id}} {{.State.Status}} {{index .Config.Env 0}}", "app")).toBe(
    `${id} running A=1`,
  );
  await cli("rename", "app", "app2");
  await cli("kill", "--signal", "SIGHUP", "app2");
  await cli("restart", "app2");
  expect(engine.container("app2")).toMatchObject({ signals: ["SIGHUP"], starts: 2 });
  await expect(cli("rm", "app2")).rejects.toThrow("container is running");
  await cli("rm", "--force", "app2");
  expect(engine.names()).toEqual([]);
});

reloadContract(
  { describe, test },
  {
    reload: docker,
    start: async () => {
      const { engine } = await startEngine();
      engine.run("app");
      return { engine, options: { container: "app", socketPath: engine.socketPath, stableFor: 0 } };
    },
    count: ({ engine }) => (engine.container("app")?.starts ?? 1) - 1,
    refuse: ({ engine }) => engine.setImage("app:1", { behaviour: () => "dies" }),
    hang: ({ engine }) => engine.faults.always("*", "hang"),
  },
);

test("an event without our keys in the environment is no obstacle", async () => {
  const { engine, run } = await start();
  engine.run("app", { env: ["DB_PASSWORD=old"] });
  await expect(
    run({}, { ...event, written: [{ type: "json", target: "/a.json", keys: ["/DB_PASSWORD"] }] }),
  ).resolves.toBeUndefined();
});
