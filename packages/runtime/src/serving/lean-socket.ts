import { Socket, type SocketConstructorOpts } from "node:net";

/** What Node keeps behind a socket; of its own, so it is looked for and done without where it is not there. */
interface WithHandle {
  readonly _handle?: { readonly useUserBuffer?: (buffer: Uint8Array) => void } | null;
}

/** All reads go here first: what was read is copied before the next read of anybody. As much as libuv asks for. */
const room = Buffer.allocUnsafeSlow(65_536);

/**
 * The same connection, paused, read into one buffer that all share. By itself Node takes 64 KiB anew for each read, however little comes: with small messages the
 * collector then looks through the whole heap every thousand of them.
 * @param incoming paused, nothing read of it yet
 */
export function leanSocket(incoming: Socket): Socket {
  const { _handle: handle } = incoming as WithHandle;
  if (typeof handle?.useUserBuffer !== "function" || incoming.readableLength > 0) return incoming;
  const options: Omit<SocketConstructorOpts, "handle"> & { readonly handle: object; readonly pauseOnCreate: boolean } =
    {
      handle,
      pauseOnCreate: true,
      allowHalfOpen: incoming.allowHalfOpen,
      onread: { buffer: room, callback: take },
    };
  Object.assign(incoming, { _handle: null });
  const socket = new Socket(options as SocketConstructorOpts);
  function take(size: number): boolean {
    return socket.push(Buffer.from(room.subarray(0, size)));
  }
  socket.on("error", () => socket.destroy());
  // The server counts the one that it made.
  socket.once("close", () => incoming.destroy());
  incoming.once("close", () => socket.destroy());
  return socket;
}
