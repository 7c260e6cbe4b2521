import { allowOnly, type Call, type RouteReply } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { StaticRole } from "../types.ts";
import { newPassword } from "./password.ts";

interface Current {
  readonly password: string;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** One user per role, whose password the server changes on its own schedule, and at once when told to by `rotate-role/:role`. No lease. */
export function createStaticRoles(roles: Readonly<Record<string, StaticRole>>, now: () => number) {
  const current = new Map<string, Current>();

  async function change(name: string, role: StaticRole, changedAt: number): Promise<Current> {
    const next = { password: newPassword(), changedAt };
    await role.change?.(role.username, next.password);
    current.set(name, next);
    return next;
  }
  async function upToDate(name: string, role: StaticRole): Promise<Current> {
    const known = current.get(name) ?? (await change(name, role, now()));
    const periods = Math.floor((now() - known.changedAt) / role.rotationPeriod);
    return periods === 0 ? known : change(name, role, known.changedAt + periods * role.rotationPeriod);
  }
  async function read(name: string, role: StaticRole): Promise<RouteReply> {
    const { password, changedAt } = await upToDate(name, role);
    return {
      data: {
        username: role.username,
        password,
        last_vault_rotation: new Date(changedAt).toISOString(),
        rotation_period: role.rotationPeriod / 1000,
        ttl: Math.floor((changedAt + role.rotationPeriod - now()) / 1000),
      },
    };
  }

  return async (call: Call, path: string): Promise<RouteReply | undefined> => {
    const [kind, name = ""] = path.split("/");
    if (kind !== "static-creds" && kind !== "rotate-role") return undefined;
    allowOnly(call, kind === "static-creds" ? "read" : "update");
    const role = roles[name];
    if (role === undefined)
      return refuse(400, kind === "static-creds" ? `unknown role: ${name}` : "no static role found for role name");
    if (kind === "static-creds") return read(name, role);
    await change(name, role, now());
    return {};
  };
}
