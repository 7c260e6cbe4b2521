import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { startupPacket } from "../../../src/sidecar/wire.ts";
import { readAll } from "./sidecar.ts";

/** A start-up packet of an application called `app`. */
export function startupOf(parameters: Readonly<Record<string, string>> = {}, version = 196_608): Buffer {
  const all = Object.entries({ user: "app", ...parameters }).map(
    ([name, value]) => [name, Buffer.from(value)] as const,
  );
  return startupPacket({ version, parameters: new Map(all) });
}

/** A connection, for the length of the test. */
export function openSocket(path: string): Socket {
  const socket = connect(path);
  onTestFinished(() => void socket.destroy());
  return socket.on("error", () => socket.destroy());
}

/** What an application hears that sends these bytes and waits for the end. */
export function answerTo(path: string, bytes: Buffer): Promise<Buffer> {
  const socket = openSocket(path);
  socket.write(bytes);
  return readAll(socket);
}
