import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import pg from "pg";
import { fatal, int32, message, packet } from "../../src/sidecar/wire.ts";
import {
  authenticationOk,
  ready,
  serverError,
  startScriptedServer,
  takePassword,
  type ScriptedServer,
} from "./support/scripted-server.ts";
import { readAll, startSidecar, type TestSidecar, type TestSidecarOptions } from "./support/sidecar.ts";
import { answerTo, openSocket, startupOf } from "./support/wire-client.ts";

const leases = [
  { leaseId: "a", user: "role_a", password: "secret a" },
  { leaseId: "b", user: "role_b", password: "secret b" },
] as const;
const terminate = message("X");
const query = message("Q", Buffer.from("select 1\0"));
const begun = message("Z", Buffer.from("T"));

/** What a test does as the server, in its only session. */
interface Held {
  readonly sidecar: TestSidecar;
  readonly server: ScriptedServer;
  /** Sends to the application. */
  readonly say: (bytes: Buffer) => void;
  /** Resolves when the server's side was closed; with what it was sent after the login. */
  readonly over: Promise<Buffer>;
  /** Resolves when this many bytes came after the login. */
  readonly got: (bytes: number) => Promise<void>;
  readonly cut: () => void;
}

function nothing(): void {}

async function hold(options: Partial<TestSidecarOptions> = {}, key = Buffer.alloc(8, 7)): Promise<Held> {
  const received: Buffer[] = [];
  const over = Promise.withResolvers<Buffer>();
  const more = new EventTarget();
  let say: Held["say"] = nothing;
  let cut: Held["cut"] = nothing;
  const size = (): number => received.reduce((sum, { length }) => sum + length, 0);
  const server = await startScriptedServer({
    async session(socket) {
      await takePassword(socket);
      say = (bytes) => void socket.write(bytes);
      cut = () => void socket.destroy();
      socket.write(Buffer.concat([authenticationOk, message("K", key), ready]));
      socket.on("data", (chunk: Buffer) => {
        received.push(chunk);
        more.dispatchEvent(new Event("more"));
      });
      socket.once("close", () => over.resolve(Buffer.concat(received)));
    },
  });
  const sidecar = await startSidecar({ upstream: server, ca: server.ca, leases, ...options });
  onTestFinished(() => sidecar.stop());
  async function got(bytes: number): Promise<void> {
    while (size() < bytes) await once(more, "more");
  }
  return { sidecar, server, say: (bytes) => say(bytes), over: over.promise, got, cut: () => cut() };
}

/** A session of an application, ready for queries. */
async function enter(sidecar: TestSidecar) {
  const socket = openSocket(sidecar.socket);
  socket.write(startupOf());
  const heard: Buffer[] = [];
  const text = (): string => Buffer.concat(heard).toString("latin1");
  const more = new EventTarget();
  socket.on("data", (chunk: Buffer) => {
    heard.push(chunk);
    more.dispatchEvent(new Event("more"));
  });
  async function hears(words: string): Promise<void> {
    while (!text().includes(words)) await once(more, "more");
  }
  await hears(ready.toString("latin1"));
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  return { socket, hears, closed, all: () => Buffer.concat(heard) };
}

const shutDown = fatal({ sqlstate: "57P01", message: "terminating connection because rotate is shutting down" });
const never = new AbortController().signal;

const cancel = (key: Buffer): Buffer => packet(int32(80_877_102), key);

describe("a request to cancel", () => {
  test.each([
    ["4 bytes, as in protocol 3.0", Buffer.alloc(8, 7)],
    ["256 bytes, as protocol 3.2 allows", Buffer.alloc(260, 9)],
  ])("with the key of a session reaches its server, over TLS: %s", async (_, key) => {
    const { sidecar, server } = await hold({ maxSessions: 1 }, key);
    await enter(sidecar);
    expect(await answerTo(sidecar.socket, cancel(key))).toHaveLength(0);
    expect(server.cancels).toEqual([key]);
    expect(sidecar.refusals).toEqual([]);
  });

  test.each([
    ["another key", Buffer.alloc(8, 8)],
    ["the beginning of a key", Buffer.alloc(7, 7)],
    ["no key", Buffer.alloc(0)],
  ])("with %s reaches nobody", async (_, key) => {
    const { sidecar, server } = await hold();
    await enter(sidecar);
    expect(await answerTo(sidecar.socket, cancel(key))).toHaveLength(0);
    expect([server.cancels, server.startups.length]).toEqual([[], 1]);
    expect(sidecar.refusals).toEqual(["unknown-cancel"]);
  });

  test("with the key of a session that is over reaches nobody", async () => {
    const { sidecar, server, over } = await hold();
    const { socket } = await enter(sidecar);
    socket.end(terminate);
    await over;
    await answerTo(sidecar.socket, cancel(Buffer.alloc(8, 7)));
    expect(server.cancels).toEqual([]);
  });
});

describe("a lease", () => {
  test("is in use until its last session is over, whatever is current by then", async () => {
    const { sidecar, over } = await hold();
    const { socket } = await enter(sidecar);
    sidecar.rotate();
    expect(sidecar.held()).toEqual({ a: 1 });
    socket.end(terminate);
    await over;
    await sidecar.close(never);
    expect(sidecar.held()).toEqual({});
  });

  test("is in use no more when the server dies", async () => {
    const { sidecar, cut } = await hold();
    const { closed } = await enter(sidecar);
    cut();
    await closed;
    expect(sidecar.held()).toEqual({});
  });
});

describe("an application that goes away", () => {
  test("in the middle of a query takes its connection along", async () => {
    const { sidecar, over, got, server } = await hold();
    const { socket } = await enter(sidecar);
    socket.write(query);
    await got(query.length);
    socket.destroy();
    expect(await over).toEqual(query);
    expect(server.cancels).toEqual([]);
  });

  test("has its query cancelled where that is asked for", async () => {
    const { sidecar, over, got, server } = await hold({ cancelsForGone: true });
    const { socket } = await enter(sidecar);
    socket.write(query);
    await got(query.length);
    socket.destroy();
    await over;
    await sidecar.close(never);
    expect(server.cancels).toEqual([Buffer.alloc(8, 7)]);
  });
});

describe("when it is to end", () => {
  test("an idle session is told, and nobody new is let in", async () => {
    const { sidecar, over } = await hold();
    const { closed, all } = await enter(sidecar);
    const late = openSocket(sidecar.socket);
    const heard = readAll(late);
    const ended = sidecar.close(never);
    late.write(startupOf());
    await closed;
    expect(all().subarray(-shutDown.length)).toEqual(shutDown);
    expect(await over).toEqual(terminate);
    expect((await heard).toString()).toContain("C57P03");
    await ended;
  });

  test("a transaction may end before the session does", async () => {
    const { sidecar, say, got } = await hold();
    const { socket, hears, closed, all } = await enter(sidecar);
    socket.write(query);
    await got(query.length);
    say(begun);
    await hears(begun.toString("latin1"));
    const ended = sidecar.close(never);
    socket.write(query);
    await got(2 * query.length);
    say(ready);
    await closed;
    expect(all().subarray(-shutDown.length - ready.length)).toEqual(Buffer.concat([ready, shutDown]));
    await ended;
  });

  test("who does not end in time is sent away, with words where a message ends", async () => {
    const { sidecar, got } = await hold();
    const { socket, closed, all } = await enter(sidecar);
    socket.write(query);
    await got(query.length);
    const hurry = new AbortController();
    const ended = sidecar.close(hurry.signal);
    hurry.abort();
    await ended;
    await closed;
    expect(all().subarray(-shutDown.length)).toEqual(shutDown);
  });

  test("nothing is put into the middle of a row", async () => {
    const { sidecar, got, say } = await hold();
    const { socket, hears, closed, all } = await enter(sidecar);
    socket.write(query);
    await got(query.length);
    say(Buffer.concat([Buffer.from("D"), int32(1000), Buffer.from("half a row")]));
    await hears("half a row");
    await sidecar.close(AbortSignal.abort());
    await closed;
    expect(all().toString("latin1")).toMatch(/half a row$/);
  });

  test("who stands at the door is told at once", async () => {
    const { sidecar } = await hold({ local: { user: "app", password: "local" } });
    const socket = openSocket(sidecar.socket);
    const heard = readAll(socket);
    socket.write(startupOf());
    await once(socket, "data");
    await sidecar.close(never);
    expect((await heard).toString()).toContain("C57P03");
  });
});

describe("limits:", () => {
  test("one session more than there may be is refused with what to do", async () => {
    const { sidecar } = await hold({ maxSessions: 1 });
    const { socket, closed } = await enter(sidecar);
    expect((await answerTo(sidecar.socket, startupOf())).toString()).toMatch(
      /C53300.*has its 1 sessions.*maxSessions/s,
    );
    expect(sidecar.refusals).toEqual(["too-many-sessions"]);
    socket.end(terminate);
    await closed;
    await enter(sidecar);
  });

  test("a login that fails does not take a seat for good", async () => {
    const server = await startScriptedServer({
      async session(socket, _, count) {
        await takePassword(socket);
        socket.write(count === 1 ? serverError("57P03", "starting") : Buffer.concat([authenticationOk, ready]));
        if (count === 1) socket.end();
      },
    });
    const sidecar = await startSidecar({ upstream: server, ca: server.ca, leases, maxSessions: 1 });
    onTestFinished(() => sidecar.stop());
    expect((await answerTo(sidecar.socket, startupOf())).toString()).toContain("C57P03");
    const { all } = await enter(sidecar);
    expect(all()).toEqual(Buffer.concat([authenticationOk, ready]));
  });
});

describe("an application with a password of its own", () => {
  const local = { user: "app", password: "lokales Passwort" };
  const client = (sidecar: TestSidecar, config: pg.ClientConfig) =>
    new pg.Client({ host: "127.0.0.1", port: sidecar.port, ...local, ...config });

  test("is let in with it", async () => {
    const { sidecar } = await hold({ local });
    const one = client(sidecar, {});
    await one.connect();
    expect(sidecar.held()).toEqual({ a: 1 });
    await one.end();
  });

  test.each([
    ["a wrong password", { password: "lokales passwort" }],
    ["a wrong name", { user: "other" }],
    ["the credential's name and password", { user: "role_a", password: "secret a" }],
  ])("is refused with %s, in the same words, before the server hears of it", async (_, config) => {
    const { sidecar, server } = await hold({ local });
    const { user } = { ...local, ...config };
    await expect(client(sidecar, config).connect()).rejects.toMatchObject({
      code: "28P01",
      message: `password authentication failed for user "${user}"`,
    });
    expect([server.startups, sidecar.refusals, sidecar.mints()]).toEqual([[], ["wrong-password"], 0]);
  });
});
