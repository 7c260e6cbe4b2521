/** Tries every act in the child of a package, under the Node that runs this, and prints those that succeed as JSON. Arguments: an empty folder, and acts.js. */
import { hash } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createContext } from "@rotate/runtime";
import { createRuntime, loadProgram, proposePlugin } from "@rotate/core";

const [, , base = "", source = ""] = process.argv;
const name = "rotate-plugin-curious";
const own = join(base, "project/node_modules", name);

function write(path: string, text: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
}

for (const path of ["home/.ssh/id", "home/outside.cjs", "home/state.db"]) write(join(base, path), "CANARY");
write(join(base, "home/outside.json"), "{}");
write(join(base, "home/.env"), "X=1");
mkdirSync(join(base, "scratch"));
for (const file of ["evil.node", "evil.so", "x.cjs"]) write(join(own, file), "");
copyFileSync(source, join(own, "acts.js"));
write(join(own, "package.json"), JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" }));
write(
  join(own, "index.js"),
  `import { definePlugin, defineProvider } from "@rotate/plugin-kit";
import { acts } from "./acts.js";
process.removeAllListeners("uncaughtException").on("uncaughtException", () => {}); // of acts that go on behind our back
async function outcome(act) { try { await act(); return true; } catch { return false; } }
export default definePlugin({ providers: [defineProvider({
  type: "curious",
  options: { type: "object", properties: { about: { type: "string" } } },
  fields: { token: { secret: true, description: "a token" } },
  handle: { type: "object" },
  async mint(_, { options }) {
    const done = [];
    for (const [name, act] of Object.entries(acts(JSON.parse(options.about)))) if (await outcome(act)) done.push(name);
    return { fields: { token: "a-token-for-a-test" }, expires: "never", handle: { done } };
  },
})] });
`,
);
const server = createServer((_, response) => void response.end("hi"));
server.on("upgrade", ({ headers }, connection) => {
  const accept = hash("sha1", `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, "base64");
  connection.end(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
});
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
const socket = createSocket((connection) => void connection.end());
await new Promise<void>((resolve) => void socket.listen(join(base, "engine.sock"), resolve));
process.on("SIGUSR1", () => undefined);

const runtime = createRuntime({ log: { write: () => undefined } });
const { signal } = runtime.deadline(100_000);
await (await proposePlugin(name, join(base, "project"), { ...runtime, signal })).approve();
const { plugin } = await loadProgram(name, join(base, "project"));
const about = JSON.stringify({ base, own, port: (server.address() as AddressInfo).port, parent: process.pid });
const ctx = { ...createContext({ runtime, options: { about }, signal }), login: undefined, leaseId: "rotate-test" };
const { handle } = await plugin.providers[0]!.mint({}, ctx);
process.stdout.write(JSON.stringify(handle));
process.exit(0);
