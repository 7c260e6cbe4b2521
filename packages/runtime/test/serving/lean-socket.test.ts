import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { leanSocket } from "../../src/serving/lean-socket.ts";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** As the server made it. */
  readonly incoming: Socket;
  readonly ended: Promise<unknown>;
}

async function pair(): Promise<Pair> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const far = connect({ port: (server.address() as { port: number }).port, allowHalfOpen: true });
  const [incoming] = (await once(server, "connection")) as [Socket];
  const near = leanSocket(incoming);
  const ended = once(server, "close");
  server.close();
  onTestFinished(() => {
    far.destroy();
    near.destroy();
  });
  return { near, far, incoming, ended };
}

test("gives every byte, in whatever pieces it comes, and the end of it", async () => {
  const { near, far, ended } = await pair();
  const sent = createHash("sha256");
  const seen = createHash("sha256");
  const over = once(near, "end");
  near.on("data", (chunk: Buffer) => seen.update(chunk));
  near.resume();
  for (let size = 1; size < 300_000; size = size * 3 + 1) {
    const bytes = randomBytes(size);
    sent.update(bytes);
    if (!far.write(bytes)) await once(far, "drain");
  }
  far.end();
  await over;
  expect(seen.digest("hex")).toBe(sent.digest("hex"));
  near.end("heard");
  const [word] = (await once(far, "data")) as [Buffer];
  expect(word.toString()).toBe("heard");
  await ended; // the server counts it no more
});

test("what is kept for later is not written over by the next read of anybody", async () => {
  const [one, other] = [await pair(), await pair()];
  one.far.write("first");
  await once(one.near, "readable");
  const kept = one.near.read() as Buffer;
  other.far.write("other");
  await once(other.near, "readable");
  expect([String(kept), String(other.near.read())]).toEqual(["first", "other"]);
});

test("nothing is read before it is asked for, and who does not read takes no memory", async () => {
  const { near, far } = await pair();
  const bytes = Buffer.alloc(1_000_000);
  let isFull = false;
  for (let megabytes = 0; !isFull && megabytes < 100; megabytes++) {
    far.write(bytes);
    await turn();
    isFull = far.writableLength > 2_000_000;
  }
  expect(isFull).toBe(true);
  expect(near.readableLength).toBeLessThan(200_000);
});

test("closing either of the two objects closes the connection", async () => {
  const [one, other] = [await pair(), await pair()];
  one.incoming.destroy();
  await once(one.far.resume(), "end");
  expect(one.near.destroyed).toBe(true);
  other.near.destroy();
  await once(other.far.resume(), "end");
  expect(other.incoming.destroyed).toBe(true);
});
