import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { start } from "./support.ts";

const recreate = { action: "recreate" };
function goodPassword(environment: readonly string[]): "healthy" | "dies" {
  return environment.includes("DB_PASSWORD=new-s3cret") ? "healthy" : "dies";
}

describe("recreating a container", () => {
  test("gives the new one the environment that the env file has now", async () => {
    const { engine, envFile, run } = await start();
    const old = engine.run("app", { env: ["PATH=/bin", "DB_PASSWORD=old", "STAYS=1"] });
    await run({ ...recreate, envFiles: [envFile] });
    const now = engine.container("app");
    expect(now?.id).not.toBe(old.id);
    expect(now?.config["Env"]).toEqual(["PATH=/bin", "STAYS=1", "DB_PASSWORD=new-s3cret", "PORT=8080"]);
    expect(engine.names()).toEqual(["app"]);
  });

  test("keeps everything else: command, labels, ports, networks with their aliases, and nameless volumes", async () => {
    const { engine, envFile, run } = await start();
    const old = engine.run("app", {
      labels: { team: "shop" },
      config: { Cmd: ["serve", "--fast"], User: "1000" },
      hostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] }, Binds: ["/srv:/srv:ro"], NetworkMode: "front" },
      networks: {
        front: {
          Aliases: ["web"],
          IPAMConfig: { IPv4Address: "172.20.0.9" },
          IPAddress: "172.20.0.9",
          Gateway: "172.20.0.1",
        },
        back: { Aliases: null, IPAMConfig: null },
      },
      mounts: [
        { Type: "volume", Name: "f00d", Destination: "/data", RW: true },
        { Type: "bind", Source: "/srv", Destination: "/srv", RW: false },
      ],
    });
    await run({ ...recreate, envFiles: [envFile] });
    const now = engine.container("app");
    expect(now?.config).toMatchObject({
      Cmd: ["serve", "--fast"],
      User: "1000",
      Labels: { team: "shop" },
      Image: "app:1",
    });
    expect(now?.config).not.toHaveProperty("Hostname");
    expect(now?.hostConfig).toMatchObject({ ...old.hostConfig, Binds: ["/srv:/srv:ro", "f00d:/data"] });
    expect(now?.networks["front"]).toMatchObject({ Aliases: ["web"], IPAMConfig: { IPv4Address: "172.20.0.9" } });
    expect(now?.networks["front"]).not.toHaveProperty("Gateway");
    expect(Object.keys(now?.networks ?? {})).toEqual(["front", "back"]);
  });

  test("connects further networks one by one where the engine takes only one at creation", async () => {
    const { engine, run } = await start({ apiVersion: "1.43" });
    engine.run("app", { networks: { front: { Aliases: ["web"] }, back: { Aliases: ["db"] } } });
    await run(recreate);
    expect(engine.container("app")?.networks).toMatchObject({ front: { Aliases: ["web"] }, back: { Aliases: ["db"] } });
  });

  test("is no update: it keeps the image even when its name means another one by now", async () => {
    const { engine, run } = await start();
    const { imageId } = engine.run("app");
    engine.setImage("app:1", { id: "sha256:another" });
    engine.setImage("app:old", { id: imageId });
    await run(recreate);
    expect(engine.container("app")).toMatchObject({ imageId, config: { Image: imageId } });
  });

  test("puts the old container back when the new one does not come up", async () => {
    const { engine, envFile, run } = await start();
    const old = engine.run("app", { env: ["DB_PASSWORD=old"] });
    engine.setImage("app:1", { behaviour: (env) => (env.includes("DB_PASSWORD=old") ? "healthy" : "dies") });
    await expect(run({ ...recreate, envFiles: [envFile] })).rejects.toMatchObject({
      code: "FAILED",
      message: expect.stringMatching(/password authentication failed; the old container runs again$/),
    });
    expect(engine.container("app")).toMatchObject({ id: old.id, status: "running" });
    expect(engine.names()).toEqual(["app"]);
  });

  test.each([
    "POST /v1.47/containers/app/stop",
    "POST /v1.47/containers/app/rename",
    "POST /v1.47/containers/app.rotate-new/rename",
    "POST /v1.47/containers/app/start",
  ])("leaves the old container running under its name when %s fails", async (route) => {
    const { engine, run } = await start();
    const old = engine.run("app");
    engine.faults.next(route, { status: 500, body: { message: "no space left on device" } });
    await expect(run(recreate)).rejects.toThrow("no space left on device");
    expect(engine.container("app")).toMatchObject({ id: old.id, status: "running" });
    expect(engine.names()).toEqual(["app"]);
  });

  test("changes nothing when the env file is missing or the new one cannot be made", async () => {
    const { engine, envFile, run } = await start();
    const old = engine.run("app");
    await expect(run({ ...recreate, envFiles: [`${envFile}.none`] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    engine.faults.next("POST /v1.47/containers/create", { status: 500, body: { message: "no space left on device" } });
    await expect(run(recreate)).rejects.toThrow("no space left on device");
    expect(engine.container("app")).toMatchObject({ id: old.id, status: "running", starts: 1 });
  });

  test("tidies up what an interrupted recreation left, at whatever point it was", async () => {
    for (const left of [
      ["app", "app.rotate-new"],
      ["app.rotate-old", "app.rotate-new"],
      ["app.rotate-old", "app"],
    ]) {
      const { engine, envFile, run } = await start();
      engine.setImage("app:1", { behaviour: goodPassword });
      for (const name of left) engine.run(name, { env: ["DB_PASSWORD=old"], started: false });
      await run({ ...recreate, envFiles: [envFile] });
      expect(engine.names()).toEqual(["app"]);
      expect(engine.container("app")).toMatchObject({ status: "running" });
    }
  });

  test("finds a Compose container again by its service while it bears another name", async () => {
    const { engine, run } = await start();
    const labels = {
      "com.docker.compose.project": "shop",
      "com.docker.compose.service": "web",
      "com.docker.compose.oneoff": "False",
    };
    engine.run("shop-web-1.rotate-old", { labels, started: false });
    await run({ ...recreate, container: undefined, project: "shop", service: "web" });
    expect(engine.names()).toEqual(["shop-web-1"]);
  });

  test("never shows the new value, though it stands in the request", async () => {
    const { engine, envFile, run } = await start();
    engine.run("app");
    await writeFile(envFile, "DB_PASSWORD=new-s3cret\n");
    engine.setImage("app:1", { behaviour: () => "dies" });
    const error: unknown = await run({ ...recreate, envFiles: [envFile] }).catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain("new-s3cret");
    expect(engine.requests.some(({ body }) => body.includes("DB_PASSWORD=new-s3cret"))).toBe(true);
  });
});
