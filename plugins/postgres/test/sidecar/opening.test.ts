import { connect, type Socket } from "node:net";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { fatal, int32, message, packet, startupPacket } from "../../src/sidecar/wire.ts";
import { authenticationOk, ready, startScriptedServer, takePassword } from "./support/scripted-server.ts";
import { readAll, startSidecar, type TestSidecarOptions, type TestSidecar } from "./support/sidecar.ts";

const leases = [{ leaseId: "a", user: "role_a", password: "secret a" }] as const;
const ssl = packet(int32(80_877_103));
const gss = packet(int32(80_877_104));
const startup = startupPacket({ version: 196_610, parameters: new Map([["user", Buffer.from("app")]]) });
const terminate = message("X");
const key = message("K", Buffer.alloc(260, 7));
const greeting = Buffer.concat([message("S", Buffer.from("server_version\x0018\0")), key, ready]);

/** Accepts the password, greets, and closes at Terminate. */
async function welcoming(options: Partial<TestSidecarOptions> = {}): Promise<TestSidecar> {
  const server = await startScriptedServer({
    async session(socket) {
      await takePassword(socket);
      socket.write(Buffer.concat([authenticationOk, greeting]));
      socket.on("data", (chunk: Buffer) => {
        if (chunk.equals(terminate)) socket.end();
        else socket.write(chunk);
      });
    },
  });
  const sidecar = await startSidecar({ upstream: server, ca: server.ca, leases, ...options });
  onTestFinished(() => sidecar.stop());
  return sidecar;
}

function open(sidecar: TestSidecar): Socket {
  const socket = connect(sidecar.socket);
  onTestFinished(() => void socket.destroy());
  return socket.on("error", () => socket.destroy());
}

describe("an application's first bytes", () => {
  test.each([
    ["nothing before", [startup]],
    ["a request for TLS", [ssl, startup]],
    ["a request for GSSAPI, then for TLS", [gss, ssl, startup]],
    ["a request for TLS, then for GSSAPI", [ssl, gss, startup]],
  ])("lead to a session: %s", async (_, packets) => {
    const sidecar = await welcoming();
    const socket = open(sidecar);
    for (const request of packets.slice(0, -1)) {
      socket.write(request);
      expect(await next(socket)).toBe("N");
    }
    socket.write(startup);
    socket.write(terminate);
    expect(await readAll(socket)).toEqual(Buffer.concat([authenticationOk, greeting]));
    expect(sidecar.refusals).toEqual([]);
  });

  test("lead to a session when they come one at a time", async () => {
    const sidecar = await welcoming();
    const socket = open(sidecar);
    for (const byte of ssl) socket.write(Buffer.from([byte]));
    expect(await next(socket)).toBe("N");
    for (const byte of startup) {
      socket.write(Buffer.from([byte]));
      await turn();
    }
    socket.write(terminate);
    expect(await readAll(socket)).toEqual(Buffer.concat([authenticationOk, greeting]));
  });

  test.each([
    ["three requests for encryption", [ssl, gss, ssl], "too many requests for encryption"],
    [
      "bytes behind a request for encryption",
      [Buffer.concat([ssl, startup])],
      "received data after a request for encryption",
    ],
    ["a length below any packet's", [int32(7)], "invalid length of startup packet"],
    ["a length above any packet's", [int32(10_001)], "invalid length of startup packet"],
  ])("are refused: %s", async (_, packets, words) => {
    const sidecar = await welcoming();
    const socket = open(sidecar);
    for (const request of packets.slice(0, -1)) {
      socket.write(request);
      expect(await next(socket)).toBe("N");
    }
    socket.write(packets.at(-1) ?? "");
    expect(await readAll(socket)).toEqual(fatal({ sqlstate: "08P01", message: words }));
    expect(sidecar.refusals).toEqual(["bad-protocol"]);
  });

  test("that are TLS's are answered by closing at once", async () => {
    const sidecar = await welcoming();
    const socket = open(sidecar);
    socket.write(Buffer.from([0x16]));
    expect(await readAll(socket)).toHaveLength(0);
    expect(sidecar.refusals).toEqual(["tls"]);
  });

  test("that are another protocol's are refused", async () => {
    const sidecar = await welcoming();
    const socket = open(sidecar);
    socket.write("GET / HTTP/1.1\r\n\r\n");
    expect((await readAll(socket)).toString()).toContain("08P01");
  });

  test("that never come end with the time for them", async () => {
    const late = new AbortController();
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const limit = (): AbortSignal => {
      resolve();
      return late.signal;
    };
    const sidecar = await welcoming({ limit });
    const socket = open(sidecar);
    socket.write(startup.subarray(0, 9));
    await taken;
    late.abort(new Error("too late"));
    expect(await readAll(socket)).toHaveLength(0);
  });

  test("of any kind never bring it down", async () => {
    const sidecar = await welcoming();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 4 }), async (chunks) => {
        const socket = open(sidecar);
        for (const chunk of chunks) socket.write(chunk);
        socket.end();
        await readAll(socket);
      }),
      { numRuns: 30 },
    );
    const socket = open(sidecar);
    socket.write(Buffer.concat([startup, terminate]));
    expect(await readAll(socket)).toEqual(Buffer.concat([authenticationOk, greeting]));
  });
});

test("bytes of a session are the same on both sides, however they are cut", async () => {
  const sidecar = await welcoming();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 200_000 }), { maxLength: 5 }),
      async (chunks) => {
        const sent = Buffer.concat(chunks);
        const socket = open(sidecar);
        socket.write(startup);
        for (const chunk of chunks) socket.write(chunk);
        const all = Buffer.concat([authenticationOk, greeting, sent]);
        const got: Buffer[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        let length = 0;
        socket.on("data", (chunk: Buffer) => {
          got.push(chunk);
          length += chunk.length;
          if (length >= all.length) resolve();
        });
        await promise;
        expect(Buffer.concat(got).equals(all)).toBe(true);
        socket.destroy();
      },
    ),
    { numRuns: 15 },
  );
});

describe("when too many come at once", () => {
  test("those who say nothing give way, the oldest first", async () => {
    const sidecar = await welcoming({ maxSessions: 1 });
    const first = open(sidecar);
    const ended = readAll(first);
    for (let count = 0; count < 65; count++) open(sidecar);
    expect(await ended).toHaveLength(0);
    expect(sidecar.refusals).toEqual(["too-many-strangers"]);
  });
});

async function next(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1")));
  socket.resume();
  const answer = await promise.finally(() => socket.pause());
  return answer;
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
