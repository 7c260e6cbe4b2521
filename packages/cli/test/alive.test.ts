/** `rotate alive`, as a container's health check asks it. */
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { folderWith, rotate } from "./support.ts";
import { createDaemonScene, happened, statusOf } from "./views/support.ts";

const health = { listen: undefined, listenHealth: { host: "127.0.0.1", port: 0 } };

async function alive(url: string, ...flags: readonly string[]) {
  return rotate(["alive", new URL(url).host, ...flags], { cwd: folderWith() });
}

test("a watch whose loop comes round is alive, whatever its credentials do; one that hangs is not", async () => {
  const scene = createDaemonScene();
  scene.show(statusOf("db", { exit: 3, state: "expired", code: "ended" }));
  const url = await scene.listen(health);
  expect(await alive(url)).toMatchObject({ code: 0, stdout: `the watch at ${url} is alive\n`, stderr: "" });
  await scene.clock.advance(121_000);
  expect(await alive(url)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("it answers 503") });
  const { code, stdout } = await alive(url, "--json");
  expect({ code, report: JSON.parse(stdout) }).toEqual({
    code: 1,
    report: { version: 1, alive: false, reason: "it answers 503" },
  });
});

test("who waits for the first credential is told when every rotation has one", async () => {
  const scene = createDaemonScene();
  const { credential: _, ...never } = statusOf("db", { state: "never", code: "never", exit: 1 });
  scene.show(never);
  const url = await scene.listen(health);
  expect((await alive(url, "--started")).code).toBe(1);
  expect((await alive(url)).code).toBe(0);
  scene.show(statusOf("db"));
  scene.emit(happened);
  expect(await alive(url, "--started")).toMatchObject({ code: 0, stdout: `the watch at ${url} is started\n` });
});

test("nobody there, an answer that is cut off, and a wrong address each end at once", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { readonly port: number };
  expect(await alive(`http://127.0.0.1:${port}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("cut off"),
  });
  server.close();
  expect(await rotate(["alive", "1"], { cwd: folderWith() })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ECONNREFUSED"),
  });
  expect(await rotate(["alive", "health"], { cwd: folderWith() })).toMatchObject({ code: 2 });
});
