/** What is kept of what was told, for those who come back. */
import { answering } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { createMemory } from "../../src/memory.ts";
import type { Outlook, Patch } from "../../src/views/overview.ts";
import { createStreams } from "../../src/views/streams.ts";
import { createDaemonScene } from "./support.ts";

/** Bytes of buffers that somebody holds. */
function held(): number {
  createMemory({ monotonic: () => 0 }).giveBack();
  return process.memoryUsage().arrayBuffers;
}

test("what was told is kept, and nothing beside it", async () => {
  const { daemon, runtime } = createDaemonScene();
  const ending = new AbortController();
  const said = JSON.stringify({ rotations: ["a".repeat(1_000)] });
  const listeners: ((patch: Patch) => void)[] = [];
  const outlook: Outlook = {
    read: async () => ({ seq: "0" }) as never,
    text: () => said,
    bytes: () => Buffer.from(said),
    follow(listener) {
      listeners.push(listener);
      return () => undefined;
    },
  };
  const streams = createStreams({ outlook, daemon, runtime, signal: ending.signal });
  const { url, close } = await answering((request, response) => void streams.open(request, response, undefined));
  onTestFinished(() => (ending.abort(), close()));
  const response = await fetch(url, { signal: ending.signal });
  const before = held();
  const rounds = 500;
  for (let count = 1; count <= rounds; count++) {
    for (const tell of listeners) tell({ since: `${count - 1}`, seq: `${count}` } as Patch);
    Buffer.from("b".repeat(30_000)); // what others say meanwhile
  }
  // Through all of it: then nothing waits to be sent.
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(`id: ${rounds}\n`)) break;
  }
  expect(held() - before).toBeLessThan(rounds * said.length * 3);
});
