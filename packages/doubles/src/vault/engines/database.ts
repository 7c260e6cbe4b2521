import { randomBytes } from "node:crypto";
import { allowOnly, type Call, type RouteReply, type Services } from "../call.ts";
import { listed, refuse } from "../envelope.ts";
import type { DatabaseRole, Engine } from "../types.ts";
import { newPassword } from "./password.ts";
import { createStaticRoles } from "./static-roles.ts";

type DatabaseEngine = Extract<Engine, { readonly type: "database" }>;

/** `creds/:role` makes a user per read, under a renewable lease; `static-creds/:role` and `rotate-role/:role` are in their own file. */
export function createDatabaseEngine(engine: DatabaseEngine, { now, database }: Services) {
  const users = new Set<string>();
  const staticRoles = createStaticRoles(engine.staticRoles ?? {}, now);

  async function mint(role: DatabaseRole, name: string, displayName: string): Promise<RouteReply> {
    const username = `v-${displayName.slice(0, 8)}-${name.slice(0, 8)}-${randomBytes(10).toString("hex")}-${Math.floor(now() / 1000)}`;
    const password = newPassword();
    if (database.state === "down") refuse(500, listed(`unable to start transaction: ${outOfReach}`));
    await role.create?.({ username, password, expiresAt: now() + role.ttl + buffer });
    users.add(username);
    const secret = {
      ttl: role.ttl,
      maxTtl: role.maxTtl,
      renewable: true,
      extend: async (expiresAt: number) => role.extend?.(username, expiresAt + buffer),
      revoke: async () => {
        if (database.state === "down") throw new Error(outOfReach);
        if (database.state === "depended-upon") throw new Error(owner(username));
        users.delete(username);
        await role.drop?.(username);
      },
    };
    return { data: { username, password }, secret };
  }

  async function handle(call: Call, path: string): Promise<RouteReply | undefined> {
    const [kind, name = ""] = path.split("/");
    if (kind !== "creds") return staticRoles(call, path);
    allowOnly(call, "read");
    const role = engine.roles?.[name] ?? refuse(400, `unknown role: ${name}`);
    return mint(role, name, call.token?.displayName ?? "token");
  }
  return { handle, users: () => [...users] };
}

const outOfReach =
  "failed to connect to `user=root database=app`: 127.0.0.1:5432 (127.0.0.1): dial error: dial tcp 127.0.0.1:5432: connect: connection refused";

function owner(username: string): string {
  return `ERROR: role "${username}" cannot be dropped because some objects depend on it (SQLSTATE 2BP01)`;
}

/** The server makes the user outlive its lease by this much. Milliseconds. */
const buffer = 5000;
