import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { Counter, Handoff, KeptCredential } from "../backend/host-notes.ts";
import { parseKept } from "./value-cache.ts";

/** The longest path of a Unix socket, with its end (unix(7)). */
const longestPath = 107;

/**
 * The hand-over of one rotation's credential: the process that has the claim listens on a Unix socket in the 0700 state directory, the others connect and are
 * answered when it is done. An end without an answer means: try yourself.
 */
export function createHandoff(directory: string, rotation: string): Handoff {
  const name = createHash("sha256").update(rotation).digest("hex").slice(0, 12);
  const path = `${directory}/${name}.sock`;
  const possible = Buffer.byteLength(path) < longestPath;
  return {
    receive: async (signal) => (possible ? receive(path, signal) : undefined),
    open: async () => (possible ? open(path) : { close: async () => undefined }),
  };
}

async function receive(path: string, signal: AbortSignal): Promise<KeptCredential | undefined> {
  const { connect } = await import("node:net");
  const socket = connect({ path, signal });
  try {
    return parseKept(await text(socket));
  } catch {
    return undefined; // nobody listens, or the other process died: the lock tells which
  } finally {
    socket.destroy();
  }
}

async function open(path: string): Promise<Counter> {
  const { createServer } = await import("node:net");
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => waiting.delete(socket));
    socket.on("close", () => waiting.delete(socket));
  });
  rmSync(path, { force: true }); // of a process that died: we have the lock
  const listening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ path }, () => resolve(true));
  });
  if (!listening) return { close: async () => undefined };
  return {
    close: (kept) =>
      new Promise((resolve) => {
        server.close(() => resolve());
        const answer = kept === undefined ? "" : JSON.stringify(kept);
        for (const socket of waiting) {
          if (answer !== "") socket.write(answer);
          socket.destroySoon(); // a process that was stopped does not hold us up
        }
      }),
  };
}
