/** What the start-up packet of an application becomes on its way. */
import { Refusal, type Startup } from "./wire.ts";

/** What the spec says of sessions. */
export interface SessionRules {
  /** For applications that name none: clients then send the user's name. */
  readonly database?: string | undefined;
  /** For applications that name none. */
  readonly applicationName?: string | undefined;
  readonly allowReplication: boolean;
}

/** How PostgreSQL spells false for `replication`. */
const off = /^(?:|0|f|fa|fal|fals|false|n|no|of|off)$/i;

/** What the application left open is put in, all else passes as it is. Throws a Refusal for replication, which sees everything, unless it is allowed. */
export function completer(rules: SessionRules): (startup: Startup) => Startup {
  return ({ version, parameters }) => {
    const asked = new Map(parameters);
    if (!rules.allowReplication && !off.test(asked.get("replication")?.toString("latin1") ?? ""))
      throw new Refusal(noReplication);
    const user = asked.get("user") ?? Buffer.alloc(0);
    const named = asked.get("database") ?? user;
    asked.set("database", rules.database !== undefined && named.equals(user) ? Buffer.from(rules.database) : named);
    if (rules.applicationName !== undefined && !asked.has("application_name"))
      asked.set("application_name", Buffer.from(rules.applicationName));
    return { version, parameters: asked };
  };
}

const noReplication = {
  sqlstate: "0A000",
  message: "rotate passes no replication through",
  hint: "Set replication: true in the serve entry, if this application may read everything.",
  word: "replication",
};
