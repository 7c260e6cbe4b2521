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
  /** Called when the application has closed; only then is the server's side. Never rejects. */
  readonly farewell: () => Promise<void>;
}

/** Passes everything on, byte for byte, until one side closes: the other is closed too, once what was said has been passed on. Resolves when both are closed. */
export async function splice(sides: Splice): Promise<void> {
  const { application, server, fromApplication, fromServer, farewell } = sides;
  const gone = closeOf(application).then(farewell);
  void gone.then(() => server.destroySoon());
  const over = closeOf(server);
  void over.then(() => application.destroySoon());
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
  await Promise.all([gone, over]);
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once("close", () => resolve()));
}
