import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { answering } from "@rotate/doubles";
import { expect, onTestFinished, test, vi } from "vitest";
import { folderWith, rotate, start } from "../support.ts";
import { get } from "./support.ts";

const bad = { provider: "local", sinks: [{ type: "file", path: "absent/two", values: { content: "{{ token }}" } }] };
const good = { provider: "local", sinks: [{ type: "file", path: "one", values: { content: "{{ token }}" } }] };

function specWith(more: object, rotations: object = { one: good }): string {
  const providers = { local: { type: "jwt", issuer: "me", key: { path: "key.pem" } } };
  return JSON.stringify({ version: 1, name: "besieged", providers, rotations, ...more });
}

/** Somebody whom rotate calls, on a real socket. */
async function startCalled(answer: RequestListener): Promise<{ readonly url: string; readonly calls: () => number }> {
  let calls = 0;
  const { url, close } = await answering((request, response) => {
    calls++;
    answer(request, response);
  });
  onTestFinished(close);
  return { url: `${url}/s3cret-path`, calls: () => calls };
}

/** A real `rotate watch` that listens, once it says where. */
async function watch(folder: string, env: Readonly<Record<string, string>> = {}) {
  const child = start(["watch", "--listen", "0"], { cwd: folder, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const url = await vi.waitFor(() => {
    const [, found] = /(?:is|are) at (http:\S+)/.exec(log) ?? [];
    expect(found).toBeDefined();
    return found ?? "";
  }, 20_000);
  return { url, log: () => log, child };
}

/** Sends this and reads nothing. */
function sendRaw(url: string, text: string): void {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(text);
}

test("a watch whose heartbeat hangs and whose webhook answers 500 goes on, says each with what to do and without its path, among those who send garbage and never read", async () => {
  const silent = await startCalled(() => undefined);
  const broken = await startCalled((_request, response) => void response.writeHead(500).end());
  const notify = [{ type: "http", url: { env: "OPS" }, after: 1 }];
  const monitor = { textfile: "rotate.prom", heartbeat: { url: { env: "HEART" } } };
  const folder = folderWith({ "rotate.yaml": specWith({ notify, monitor }, { one: good, two: bad }) });
  const { url, log } = await watch(folder, { OPS: broken.url, HEART: silent.url });
  const name = "GET /api/v1/events HTTP/1.1\r\nHost: ";
  sendRaw(url, `${name}localhost\r\n\r\n`);
  sendRaw(url, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(100_000)}\r\n\r\n`);
  sendRaw(url, "\u0016\u0003\u0001 nothing that is HTTP\r\n\r\n");
  expect((await get(`${url}/api/v1/rotations`, { headers: { host: "evil.example.com" } })).status).toBe(421);
  await vi.waitFor(() => expect(log()).toContain("one: rotated"), 20_000);
  const before = readFileSync(join(folder, "one"), "utf8");
  await vi.waitFor(() => {
    expect(log()).toMatch(/the heartbeat was not taken by http:\/\/127\.0\.0\.1:\d+ \(/);
    expect(log()).toContain("can the URL of `monitor.heartbeat` be reached from here?");
    expect(log()).toMatch(/notify\[0\] \(http\) was not told: [^\n]*500/);
  }, 90_000);
  expect(log()).not.toContain("s3cret-path");
  expect(log().match(/heartbeat was not taken/g)).toHaveLength(1);
  expect([silent.calls() > 0, broken.calls() > 0]).toEqual([true, true]);
  expect((await rotate(["run", "one", "--force"], { cwd: folder })).code).toBe(0);
  expect(readFileSync(join(folder, "one"), "utf8")).not.toBe(before);
  expect(readFileSync(join(folder, "rotate.prom"), "utf8")).toContain(
    'ready_status{rotation="one",provider="local"} 1',
  );
  expect((await get(`${url}/livez`)).status).toBe(200);
}, 120_000);

test("a spec that is replaced by a directory leaves the watch with the one that runs, told where, why and what to do, and is taken up when it is a file again", async () => {
  const folder = folderWith({ "rotate.yaml": specWith({}) });
  const { url, log } = await watch(folder);
  await vi.waitFor(() => expect(log()).toContain("one: rotated"), 20_000);
  renameSync(join(folder, "rotate.yaml"), join(folder, "kept.yaml"));
  mkdirSync(join(folder, "rotate.yaml"));
  await vi.waitFor(() => expect(log()).toContain("kept the running spec"), 30_000);
  expect(log()).toMatch(/rotate\.yaml error: a directory, not a spec/);
  expect(log()).toContain("name the file in it with -f");
  const answer = (await get(`${url}/api/v1/rotations`)).json();
  expect(answer).toMatchObject({
    specProblem: expect.stringContaining("a directory, not a spec"),
    rotations: [{ name: "one", state: "fresh" }],
  });
  const { code, stderr } = await rotate(["status"], { cwd: folder });
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/rotate\.yaml error: a directory, not a spec[^]*name the file/),
  ]);
  renameSync(join(folder, "rotate.yaml"), join(folder, "away"));
  writeFileSync(
    join(folder, "rotate.yaml"),
    specWith({}, { one: good, three: { ...good, sinks: [{ ...good.sinks[0], path: "three" }] } }),
  );
  await vi.waitFor(() => expect(log()).toContain("three: rotated"), 30_000);
}, 120_000);

test("a text file whose directory is missing fails no rotation, and the run that says so exits 1 and says which it is", async () => {
  const folder = folderWith({ "rotate.yaml": specWith({ monitor: { textfile: "absent/rotate.prom" } }) });
  const { code, stderr } = await rotate(["run"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain(join(folder, "absent", "rotate.prom"));
  expect(stderr).toContain("its directory does not exist");
  expect(readFileSync(join(folder, "one"), "utf8")).toContain(".");
}, 60_000);
