/** Who asks and leaves before there is an answer: nothing of it is kept, however often it happens. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { answering } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { createSend } from "../../src/views/answer.ts";
import type { Outlook } from "../../src/views/overview.ts";
import { createStreams } from "../../src/views/streams.ts";
import { createDaemonScene, get } from "./support.ts";

type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

interface Scene {
  readonly url: string;
  /** Asks, leaves, and gives when the answer was given to nobody. */
  readonly leave: () => Promise<void>;
}

/** Answers at once, except those that leave: them when they have gone. */
async function serve(answer: Answering): Promise<Scene> {
  let done: (() => void) | undefined;
  async function answerLate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await answer(request, response);
    done?.();
  }
  const { url, port, close } = await answering((request, response) => {
    if (request.url !== "/leave") return void answer(request, response);
    response.once("close", () => setImmediate(() => void answerLate(request, response)));
    request.socket.resetAndDestroy();
  });
  onTestFinished(close);
  return {
    url,
    async leave() {
      const { promise, resolve } = Promise.withResolvers<void>();
      done = resolve;
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      socket.write("GET /leave HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await promise;
    },
  };
}

test("what was for somebody who left before it was sent does not count as unread", async () => {
  const send = createSend();
  const body = Buffer.alloc(30_000_000);
  const { url, leave } = await serve((request, response) =>
    send(request, response, { status: 200, type: "text/plain", body: request.url === "/leave" ? body : "well" }),
  );
  for (let count = 0; count < 4; count += 1) await leave();
  expect((await get(url)).status).toBe(200);
  const large = { status: 200, type: "text/plain", body };
  const other = await serve((request, response) => send(request, response, large));
  expect((await get(other.url)).status).toBe(200);
});

test("those that left before they could follow take nobody's place", async () => {
  const { daemon, runtime } = createDaemonScene();
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  let following = 0;
  const outlook = {
    read: async () => ({ seq: "1" }),
    text: () => "{}",
    bytes: () => Buffer.from("{}"),
    follow: () => {
      following += 1;
      return () => void (following -= 1);
    },
  } as unknown as Outlook;
  const streams = createStreams({ outlook, daemon, runtime, signal: ending.signal });
  const { url, leave } = await serve(async (request, response) => {
    const refusal = await streams.open(request, response, undefined);
    if (request.url !== "/leave") response.end(String(refusal?.status));
  });
  for (let count = 0; count < 40; count += 1) await leave();
  expect(following).toBe(0);
  expect((await get(url)).text).toContain("undefined");
});
