/** What a worker and its database say to each other: cut, or listened to for the moment at which the worker is to be struck. */
import type { Socket } from "node:net";
import { createGate, type Gate } from "@rotate/doubles";

/** Waits for words of a worker. */
export interface Trap {
  /** All of these stand in what it sends. */
  readonly words: readonly string[];
  readonly without?: string;
  /** `before`: the database has not heard them; `after`: it has answered, and so many ms have passed. */
  readonly moment: "before" | "after";
  readonly delay: number;
  readonly strike: () => void;
}

/** The way of one worker to its database. */
export interface Wire extends Gate {
  readonly arm: (trap: Trap | undefined) => void;
}

/** @param target a port of 127.0.0.1 */
export async function createWire(target: number): Promise<Wire> {
  let armed: Trap | undefined;

  function sprung(chunk: Buffer): Trap | undefined {
    if (armed === undefined || armed.words.some((words) => !chunk.includes(words))) return undefined;
    if (armed.without !== undefined && chunk.includes(armed.without)) return undefined;
    const trap = armed;
    armed = undefined;
    return trap;
  }

  function pass(near: Socket, far: Socket): void {
    for (const socket of [near, far]) socket.setNoDelay(true);
    near.on("data", (chunk: Buffer) => {
      const trap = sprung(chunk);
      if (trap?.moment === "before") {
        trap.strike();
        return void near.destroy();
      }
      far.write(chunk);
      if (trap) far.once("data", () => void setTimeout(trap.strike, trap.delay));
    });
    far.on("data", (chunk: Buffer) => void near.write(chunk));
  }

  const gate = await createGate(target, pass);
  return { ...gate, arm: (trap) => void (armed = trap) };
}
