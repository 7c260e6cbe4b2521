/** Bytes both ways, as fast as the slower side takes them. */
import type { Socket } from "node:net";

/** The two sides of a session, and who looks on. */
export interface Splice {
  readonly application: Socket;
  readonly server: Socket;
  /** Called with each chunk before it is passed on. */
  readonly fromApplication: (chunk: Buffer) => void;
  /** Called with each chunk after it was passed on. */
  readonly fromServer: (chunk: Buffer) => void;
}

/** Passes everything on, byte for byte, until one side closes: the other is closed too, once what was said has been passed on. Resolves when both are closed. */
export async function splice({ application, server, fromApplication, fromServer }: Splice): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let open = 2;
  for (const [socket, other] of [[application, server] as const, [server, application] as const]) {
    socket.once("close", () => {
      other.destroySoon();
      if (--open === 0) resolve();
    });
  }
  server.on("data", (chunk: Buffer) => {
    if (!application.write(chunk)) server.pause();
    fromServer(chunk);
  });
  application.on("data", (chunk: Buffer) => {
    fromApplication(chunk);
    if (!server.write(chunk)) application.pause();
  });
  application.on("drain", () => server.resume());
  server.on("drain", () => application.resume());
  application.resume();
  server.resume();
  await promise;
}
