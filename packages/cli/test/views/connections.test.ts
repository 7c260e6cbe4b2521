import { EventEmitter } from "node:events";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { bound } from "../../src/views/connections.ts";

interface Peer {
  readonly socket: Socket;
  readonly isOpen: () => boolean;
}

let port = 1_024;

function peer(): Peer {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress: "127.0.0.1",
    remotePort: port++,
    destroyed: false,
  });
  const destroy = (): void => {
    socket.destroyed = true;
    socket.emit("close");
  };
  return { socket: Object.assign(socket, { destroy }) as unknown as Socket, isOpen: () => !socket.destroyed };
}

/** A server that is told of connections and requests by hand. */
interface Gate {
  readonly come: (count: number) => readonly Peer[];
  /** Gives what ends the answer. */
  readonly ask: (one: Peer) => () => void;
}

function gate(): Gate {
  const server = Object.assign(new EventEmitter(), { setTimeout: vi.fn<() => void>(), maxRequestsPerSocket: 0 });
  bound(server as unknown as Server);
  return {
    come(count: number): readonly Peer[] {
      const peers = Array.from({ length: count }, peer);
      for (const { socket } of peers) server.emit("connection", socket);
      return peers;
    },
    ask({ socket }: Peer): () => void {
      const response = new EventEmitter();
      server.emit("request", { socket }, response as ServerResponse);
      return () => void response.emit("close");
    },
  };
}

const openOf = (peers: readonly Peer[]): number => peers.filter(({ isOpen }) => isOpen()).length;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(): Promise<void> {
  for (let count = 0; count < 4; count++) await turn();
}

test("who asks is heard, however many came with it in one turn and say nothing", async () => {
  const { come, ask } = gate();
  const [first, ...silent] = come(700);
  expect(first!.isOpen()).toBe(true);
  await turn();
  ask(first!);
  await turns();
  expect(first!.isOpen()).toBe(true);
  expect(openOf(silent)).toBe(511);
});

test("those that are silent the longest give way, and no flood keeps more than a bounded number open", async () => {
  const { come, ask } = gate();
  const early = come(500);
  await turns();
  const rest = ask(early[0]!);
  const late = come(1_000);
  expect(openOf([...early, ...late])).toBe(768);
  await turns();
  expect(openOf([...early, ...late])).toBe(512);
  expect(openOf(early)).toBe(1);
  expect(late.at(-1)!.isOpen()).toBe(true);
  rest();
  come(512);
  await turns();
  expect(openOf(early)).toBe(0);
});

test("while all are busy, who comes is let go", async () => {
  const { come, ask } = gate();
  const busy = come(512);
  for (const one of busy) ask(one);
  const [more] = come(1);
  await turns();
  expect(openOf(busy)).toBe(512);
  expect(more!.isOpen()).toBe(false);
});
