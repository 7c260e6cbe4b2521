import type { IncomingMessage, ServerResponse } from "node:http";

/** Resolves when it is a request's turn. */
export type TakeTurn = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * On one connection one request after another is answered. HTTP sends the answers in that order anyway; but who asks a hundred times at once and reads nothing
 * would have all hundred made and kept.
 */
export function createTurns(): TakeTurn {
  const last = new WeakMap<object, Promise<unknown>>();
  return async function takeTurn({ socket }, response) {
    const before = last.get(socket);
    last.set(socket, new Promise((resolve) => response.once("close", resolve)));
    await before;
  };
}
