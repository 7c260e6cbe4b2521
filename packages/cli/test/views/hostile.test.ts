import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createDaemonScene, failingOf, get, happened, statusOf } from "./support.ts";

/** A connection that says this and nothing more; what it hears until it is closed. */
function rawly(url: string, text: string): { readonly socket: Socket; readonly heard: Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  socket.on("error", () => undefined);
  socket.write(text);
  return { socket, heard: new Promise((resolve) => socket.once("close", () => resolve(said))) };
}

const streaming = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

describe("an endpoint", () => {
  test.each([
    ["no HTTP at all", "\u0016\u0003\u0001 hello\r\n\r\n"],
    ["headers without end", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(20_000)}\r\n\r\n`],
    ["two Host headers", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n"],
    ["two lengths", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ])("closes what sends %s, and goes on", async (_, text) => {
    const url = await createDaemonScene({ real: true }).listen();
    expect(await rawly(url, text).heard).not.toContain("200 OK");
    expect((await get(`${url}/livez`)).status).toBe(200);
  });

  test("refuses a whole address in the request line, which proxies take and Host does not tell", async () => {
    const url = await createDaemonScene({ real: true }).listen();
    const { socket, heard } = rawly(
      url,
      "GET http://evil/readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    expect(await heard).toContain("400 Bad Request");
    socket.destroy();
  });

  test("answers while a thousand connections say nothing, and lets them go", async () => {
    const url = await createDaemonScene({ real: true }).listen();
    const idle = Array.from({ length: 1_000 }, () => rawly(url, "GET / HT"));
    await vi.waitFor(() => expect(idle.filter(({ socket }) => socket.closed).length).toBeGreaterThan(400), 10_000);
    expect((await get(`${url}/livez`)).status).toBe(200);
    await Promise.all(idle.map(({ heard }) => heard));
    expect((await get(`${url}/livez`)).status).toBe(200);
  }, 60_000);

  test("tells who asks for much and reads nothing to come back later, and goes on", async () => {
    const scene = createDaemonScene({ real: true });
    const url = await scene.listen();
    scene.show(...Array.from({ length: 20_000 }, (_, at) => failingOf(`db-${at}`)));
    const asking = "GET /api/v1/rotations HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const greedy = Array.from({ length: 12 }, () => rawly(url, asking));
    for (const { socket } of greedy) socket.pause();
    await vi.waitFor(async () => expect((await get(`${url}/api/v1/rotations`)).status).toBe(503), 45_000);
    expect((await get(`${url}/livez`)).status).toBe(200);
  }, 60_000);

  test("makes one answer at a time for who asks a hundred times at once and reads nothing", async () => {
    const scene = createDaemonScene({ real: true });
    const url = await scene.listen();
    let asked = 0;
    const detail = async () => ({ text: "x".repeat(10_000_000), asked: (asked += 1) });
    scene.set({ engine: { detail } as never });
    const { socket } = rawly(url, "GET /api/v1/rotations/one HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100));
    socket.pause();
    await vi.waitFor(() => expect(asked).toBeGreaterThan(0));
    for (let times = 0; times < 10; times += 1) expect((await get(`${url}/livez`)).status).toBe(200);
    expect(asked).toBe(1);
  });

  test("answers in their order those that ask again before they were answered", async () => {
    const url = await createDaemonScene({ real: true }).listen();
    const paths = ["/livez", "/nothing", "/livez"];
    const { heard } = rawly(url, paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(""));
    expect([...(await heard).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "404", "200"]);
  });

  test("cuts off somebody who follows and never reads", async () => {
    const scene = createDaemonScene();
    const url = await scene.listen();
    const many = Array.from({ length: 2_000 }, (_, at) => `db-${at}`);
    scene.show(...many.map((name) => statusOf(name)));
    const { socket, heard } = rawly(url, streaming);
    await once(socket, "data");
    socket.pause();
    for (let failures = 1; failures <= 20; failures += 1) {
      scene.show(...many.map((name) => failingOf(name, { failures })));
      scene.emit(happened);
      await scene.clock.advance(1_000);
    }
    socket.resume();
    await heard;
    expect((await get(`${url}/livez`)).status).toBe(200);
  }, 30_000);

  test("lets thirty-two follow, and tells the next one to come back", async () => {
    const url = await createDaemonScene({ real: true }).listen();
    const following = Array.from({ length: 32 }, () => rawly(url, streaming));
    await Promise.all(following.map(({ socket }) => once(socket, "data")));
    const refused = await get(`${url}/api/v1/events`);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "30"]);
    following[0]?.socket.destroy();
    await following[0]?.heard;
    await vi.waitFor(async () => {
      const next = rawly(url, streaming);
      expect(String(await once(next.socket, "data"))).toContain("200 OK");
    });
  });
});
