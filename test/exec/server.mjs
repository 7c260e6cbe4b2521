/** A server that takes over its socket: it answers with its generation, and when it is to end, it says so on each connection and lets it go. */
import { createServer } from "node:http";
import { Server } from "node:net";

const { ROTATE_GENERATION: generation = "", APP_TOKEN: token = "", BROKEN_AFTER: brokenAfter = "99" } = process.env;
const broken = Number(generation.split("-")[0]) > Number(brokenAfter);
let ending = false;

const server = createServer((_, response) => {
  response.statusCode = broken ? 500 : 200;
  response.setHeader("rotate-generation", generation);
  if (ending) response.setHeader("connection", "close");
  response.end(token);
});
server.keepAliveTimeout = 60_000;
server.listen({ fd: 3 }, () =>
  process.stdout.write(`${generation} listens for ${process.env.LISTEN_PID === String(process.pid)}\n`),
);
process.on("SIGTERM", () => {
  ending = true;
  // http's own close would cut idle connections off, in the middle of somebody's next request
  Server.prototype.close.call(server, () => process.stdout.write(`${generation} ends\n`));
});
