import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { answering } from "@rotate/doubles";
import { reference } from "@rotate/runtime";
import { expect, onTestFinished, test } from "vitest";
import { lookAfterRun } from "../../src/lookout/after-run.ts";
import { lookoutService } from "../../src/watch/lookout-service.ts";
import { createScene, failAt, failing, minute, type Scene } from "../engine/support.ts";
import { createWatchScene, startDaemon } from "../watch/support.ts";

const second = 1_000;

function runAndLook(scene: Scene) {
  return scene.ask(async (engine) => {
    await engine.run({ timeout: 0 });
    return lookAfterRun(engine, { version: "1.2.3" });
  });
}

/** Whoever waits for a heartbeat, on a real socket. */
async function startListener(answer: RequestListener = (_request, response) => void response.end("OK")) {
  const beats: string[] = [];
  const { url, close } = await answering((request, response) => {
    beats.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  onTestFinished(close);
  return { url: `${url}/ping/s3cret`, beats };
}

test("a run leaves the metrics in a file that everybody may read, and replaces it as a whole", async () => {
  const scene = createScene();
  const textfile = join(scene.directory, "rotate.prom");
  scene.monitor = { textfile };
  expect(await runAndLook(scene)).toEqual([]);
  expect(readFileSync(textfile, "utf8")).toContain(
    'rotate_credential_ready_status{rotation="db",provider="issuer"} 1\n',
  );
  expect(readFileSync(textfile, "utf8")).toContain('rotate_build_info{version="1.2.3"} 1\n');
  expect(statSync(textfile).mode & 0o777).toBe(0o644);
  const { ino } = statSync(textfile);
  scene.onStep = () => undefined;
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await scene.clock.advance(scene.life - 30 * second);
  await runAndLook(scene);
  expect(readFileSync(textfile, "utf8")).toContain(
    'rotate_credential_ready_status{rotation="db",provider="issuer"} 0\n',
  );
  expect(statSync(textfile).ino).not.toBe(ino);
});

test.each([
  ["its directory is missing", (path: string) => join(path, "absent", "rotate.prom"), "its directory does not exist"],
  [
    "it is a directory",
    (path: string) => (mkdirSync(join(path, "x.prom")), join(path, "x.prom")),
    "give the path of a file",
  ],
  [
    "its directory is a file",
    (path: string) => (writeFileSync(join(path, "file"), ""), join(path, "file", "rotate.prom")),
    "what should be its directory is a file",
  ],
])("metrics that cannot be written because %s fail no rotation and say what to do", async (_, place, hint) => {
  const scene = createScene();
  scene.monitor = { textfile: place(scene.directory) };
  expect(await runAndLook(scene)).toMatchObject([
    { code: "ROTATE_TEXTFILE_UNWRITABLE", hint: expect.stringContaining(hint) },
  ]);
  expect(scene.held()).toBe("value-1");
});

test("the text file counts nothing: what a run had counted would begin anew with the next", async () => {
  const scene = createScene();
  const textfile = join(scene.directory, "rotate.prom");
  scene.monitor = { textfile };
  await runAndLook(scene);
  const types = [...readFileSync(textfile, "utf8").matchAll(/^# TYPE \S+ (\w+)$/gm)].map(([, type]) => type);
  expect(new Set(types)).toEqual(new Set(["gauge"]));
});

test("the heart beats after each run, only while every deadline is ahead", async () => {
  const scene = createScene();
  const { url, beats } = await startListener();
  scene.monitor = { heartbeat: { url } };
  await runAndLook(scene);
  await runAndLook(scene);
  expect(beats).toEqual(["GET /ping/s3cret", "GET /ping/s3cret"]);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await scene.clock.advance(scene.life - 30 * second);
  expect(await runAndLook(scene)).toEqual([]);
  expect(beats).toHaveLength(2);
});

test("a heartbeat that is not taken is told without its path, which is often all that protects it", async () => {
  const scene = createScene();
  const { url } = await startListener((_request, response) => void response.writeHead(500).end());
  scene.monitor = { heartbeat: { url } };
  const troubles = await runAndLook(scene);
  expect(troubles).toMatchObject([{ code: "ROTATE_HEARTBEAT_FAILED", message: expect.stringContaining("HTTP 500") }]);
  expect(JSON.stringify(troubles)).not.toContain("s3cret");
});

test("a heartbeat whose address cannot be read is told, and the metrics are written all the same", async () => {
  const scene = createScene();
  const textfile = join(scene.directory, "rotate.prom");
  scene.monitor = { textfile, heartbeat: { url: reference({ env: "NO_SUCH_URL" }, false) } };
  expect(await runAndLook(scene)).toMatchObject([{ message: expect.stringContaining("heartbeat") }]);
  expect(existsSync(textfile)).toBe(true);
});

test("a heartbeat that hangs holds up neither rotations nor metrics of a daemon, and is told once", async () => {
  const scene = createWatchScene();
  const { url, beats } = await startListener(() => undefined);
  const textfile = join(scene.directory, "rotate.prom");
  scene.monitor = { textfile, heartbeat: { url } };
  const watched = await startDaemon(scene, { servicesOf: (engine) => [lookoutService(engine)] });
  await watched.pass(50 * minute);
  await expect.poll(() => beats.length).toBeGreaterThan(0);
  expect(watched.outcomes().filter((outcome) => outcome === "rotated").length).toBeGreaterThan(1);
  expect(readFileSync(textfile, "utf8")).toContain(
    'rotate_credential_ready_status{rotation="db",provider="issuer"} 1\n',
  );
  const told = () => scene.events.filter((event) => event.type === "trouble");
  await expect.poll(() => told().map(({ code }) => code)).toEqual(["ROTATE_HEARTBEAT_FAILED"]);
  expect(JSON.stringify(told())).not.toContain("s3cret");
});

test("a daemon beats each minute and keeps the metrics fresh", async () => {
  const scene = createWatchScene();
  const { url, beats } = await startListener();
  const textfile = join(scene.directory, "rotate.prom");
  scene.monitor = { textfile, heartbeat: { url } };
  const watched = await startDaemon(scene, { servicesOf: (engine) => [lookoutService(engine)] });
  for (let nth = 1; nth <= 3; nth++) {
    await expect.poll(() => beats.length).toBeGreaterThanOrEqual(nth);
    await expect.poll(() => existsSync(textfile)).toBe(true);
    await watched.pass(minute);
  }
  expect(readFileSync(textfile, "utf8")).toContain("rotate_spec_valid 1\n");
  await watched.edit({ problem: "rotate.yaml:3:1 unknown key" });
  await expect
    .poll(async () => {
      await watched.pass(minute);
      return readFileSync(textfile, "utf8");
    })
    .toContain("rotate_spec_valid 0\n");
});

test("the metrics tell how far the clock is ahead of the issuer's, once that is known", async () => {
  const scene = createScene();
  const textfile = join(scene.directory, "rotate.prom");
  scene.monitor = { textfile };
  await runAndLook(scene);
  expect(readFileSync(textfile, "utf8")).not.toContain("rotate_clock_skew_seconds");
  await scene.ask(async (engine) => {
    engine.parts().deps.clock.learn(90_000);
    await lookAfterRun(engine);
  });
  expect(readFileSync(textfile, "utf8")).toContain("rotate_clock_skew_seconds 90\n");
});
