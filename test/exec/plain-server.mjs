/** A server that knows nothing of inherited sockets: it listens where $PORT says, and lets its connections go when it is to end. */
import { createServer } from "node:http";
import { Server } from "node:net";

const { ROTATE_GENERATION: generation = "", PORT = "" } = process.env;
let ending = false;
const server = createServer((_, response) => {
  response.setHeader("rotate-generation", generation);
  if (ending) response.setHeader("connection", "close");
  response.end(generation);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(PORT), "127.0.0.1", () => process.stdout.write(`${generation} listens\n`));
process.on("SIGTERM", () => {
  ending = true;
  Server.prototype.close.call(server, () => process.stdout.write(`${generation} ends\n`));
});
