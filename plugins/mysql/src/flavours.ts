/** What MySQL and MariaDB do in ways of their own. */
import type { Secret } from "@rotate/plugin-kit";
import { errnoOf, type Server } from "./connect.ts";
import { cachingSha2, nativePassword } from "./verifiers.ts";

/** A user that is to be made. */
export interface NewUser {
  /** `'app_x'@'%'`. */
  readonly account: string;
  /** What the server is told of the password. */
  readonly proof: Proof;
  readonly leaseId: string;
}

/** A verifier, or the password itself. */
export interface Proof {
  readonly send: "verifier" | "password";
  readonly text: Secret;
}

/** What the server says of a user of ours. */
export interface Seen {
  /** The lease that it is marked with; null when somebody took the mark away. */
  readonly lease: string | null;
}

/** One of the two. */
export interface Flavour {
  readonly verifier: (password: string) => string;
  readonly create: (server: Server, user: NewUser) => Promise<void>;
  /** The name is known, or only the lease. */
  readonly see: (
    server: Server,
    user: { readonly name: string; readonly account: string },
  ) => Promise<Seen | undefined>;
  /** Ends the connections of a user. */
  readonly end: (server: Server, name: string) => Promise<void>;
}

/** The proof, as it stands behind IDENTIFIED WITH. */
export function identified({ text: quoted }: Server, { send, text }: Proof, plugin: string): string {
  if (send === "password") return `identified by ${quoted(text.reveal())}`;
  return `identified ${plugin} ${text.reveal()}`;
}

/** How MySQL is told a verifier. */
export const sha2Plugin = "with caching_sha2_password as";

/** The mark stands in the user's attribute, which whoever may create users can read. */
export const mysql: Flavour = {
  verifier: cachingSha2,
  async create(server, { account, proof, leaseId }) {
    const attribute = server.text(JSON.stringify({ rotate: { lease: leaseId } }));
    await server.ask(
      `create user ${account} ${identified(server, proof, sha2Plugin)} account lock attribute ${attribute}`,
    );
  },
  async see({ ask }, { name }) {
    const [row] = await ask<{ lease: string | null }>(
      "select attribute->>'$.rotate.lease' as `lease` from information_schema.user_attributes where user = ?",
      [name],
    );
    return row;
  },
  async end({ ask }, name) {
    const open = await ask<{ id: number }>("select id from information_schema.processlist where user = ?", [name]);
    for (const { id } of open) await gone(() => ask(`kill ${id}`), unknownThread);
  },
};

const unknownThread = 1094;
const noSuchUser = 1396;

/** MariaDB keeps no notes of a user: the mark is the end of the name. A statement that changes nothing tells whether the user is there. */
export const mariadb: Flavour = {
  verifier: nativePassword,
  async create(server, { account, proof }) {
    const { send, text } = proof;
    const how =
      send === "password"
        ? `identified by ${server.text(text.reveal())}`
        : `identified via mysql_native_password using ${server.text(text.reveal())}`;
    await server.ask(`create user ${account} ${how} account lock`);
  },
  async see({ ask }, { name, account }) {
    const there = await gone(() => ask(`alter user ${account} with max_queries_per_hour 0`), noSuchUser);
    return there ? { lease: `rotate-${name.slice(name.lastIndexOf("_") + 1)}` } : undefined;
  },
  async end({ ask, text }, name) {
    await ask(`kill user ${text(name)}`);
  },
};

/** False when the server says that what is asked of is gone. */
export async function gone(attempt: () => Promise<unknown>, errno: number): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (errnoOf(error) === errno) return false;
    throw error;
  }
}
