import { createHash } from "node:crypto";
import { createClient } from "@redis/client";
import { startRedis, type TlsTrials } from "@rotate/doubles";
import { own, type Database } from "./database.ts";

/** Redis, watched all the time. */
export async function redis({ certificate }: TlsTrials): Promise<Database> {
  const server = await startRedis({ certificate });
  const { host, port, password, tlsPort } = server;
  const seen: string[] = [];
  const connect = async () => {
    const client = createClient({ password, socket: { host, port, reconnectStrategy: false } });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const [admin, watcher] = [await connect(), await connect()];
  await admin.sendCommand(["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
  await watcher.MONITOR((line) => void seen.push(line));
  const hash = createHash("sha256").update(own.password).digest("hex");
  await admin.sendCommand(["ACL", "SETUSER", own.username, "on", `#${hash}`]);
  return {
    host,
    port: tlsPort,
    provider: ({ port: at }) => ({ type: "redis-user", nodes: [`localhost:${at}`] }),
    request: { rules: ["~app:*", "+@read", "+@write", "+@connection", "+acl|whoami"] },
    run: async (command) => void (await admin.sendCommand(command.split(" "))),
    async pool(login, ca) {
      const socket = { host: "localhost", port: tlsPort, tls: true, ca, reconnectStrategy: false } as const;
      const client = createClient({ username: login.username, password: login.password, socket });
      client.on("error", () => undefined);
      await client.connect();
      return {
        async ask() {
          await client.set("app:visits", "1");
          return client.sendCommand<string>(["ACL", "WHOAMI"]);
        },
        end: () => client.close(),
      };
    },
    async leases() {
      const users = (await admin.sendCommand(["ACL", "USERS"])) as unknown as readonly string[];
      return users.filter((user) => user.startsWith("app_")).length;
    },
    async written() {
      const shown = [await admin.sendCommand(["SLOWLOG", "GET", "1000"]), await admin.sendCommand(["ACL", "LOG"])];
      return [...seen, JSON.stringify(shown), ...server.log].join("\n");
    },
    async close() {
      admin.destroy();
      watcher.destroy();
      await server.close();
    },
  };
}
