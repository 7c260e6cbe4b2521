import { encryption } from "@rotate/plugin-kit/databases";
import { withDetails, type Secret } from "@rotate/plugin-kit";
import type { Client } from "pg";
import { explain } from "../explain.ts";
import { inSession } from "../session.ts";
import type { UserContext } from "./options.ts";
import { userRefusals } from "./refusals.ts";

/** Asks one thing of the server; what it answers, row by row. The values are bound, never part of the text. */
export type Ask = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** What is written into a statement that takes no bound values. */
export interface Words {
  readonly name: (text: string) => string;
  readonly text: (text: string) => string;
}

/** A login, as the bootstrap or what it becomes, for the time of one call. */
export interface Server extends Words {
  readonly ask: Ask;
  /** Between BEGIN and COMMIT, under the lock: a bigint that both sides of a question know. Rolled back when `work` rejects. */
  readonly underLock: <T>(lock: string, work: () => Promise<T>) => Promise<T>;
}

/** The lock of a lease, or of a ring: who asks whether a mint made something takes the one that the mint has, and so waits until that is decided. */
export function lockOf(what: string): string {
  return `rotate:${what}`;
}

/** What a statement waits for at most, and how long the server keeps our locks when nothing is heard of us. */
const limits = "set local lock_timeout = '20s'; set local idle_in_transaction_session_timeout = '30s'";

/** @param secrets what was made in this call and must not be seen. Throws a RotateError by the table of what the server refuses. */
export async function onServer<T>(
  ctx: Pick<UserContext, "options" | "resolve" | "readFile" | "signal">,
  work: (server: Server) => Promise<T>,
  secrets: readonly Secret[] = [],
): Promise<T> {
  const { options, resolve, readFile, signal } = ctx;
  const password = options.password && (await resolve(options.password));
  const ssl = options.host.startsWith("/") ? false : await encryption(options, { readFile });
  const hidden = password === undefined ? secrets : [password, ...secrets];
  let committing = false;
  const onCommit = (): void => void (committing = true);
  try {
    return await inSession({ ...options, password, ssl, signal }, ({ client }) =>
      work(serverOf(client, { ...options, onCommit })),
    );
  } catch (error) {
    const explained = explain(error, { ...options, secrets: hidden, signal }, userRefusals);
    throw committing || explained.noEffect ? explained : withDetails(explained, { noEffect: true });
  }
}

interface Becoming {
  readonly setRole?: string;
  /** Told just before a COMMIT is sent: what fails earlier is rolled back. */
  readonly onCommit: () => void;
}

function serverOf(client: Client, { setRole, onCommit }: Becoming): Server {
  const become = setRole === undefined ? "" : `set local role ${client.escapeIdentifier(setRole)};`;
  async function underLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
    // Answered before anything is asked for: whoever takes the lock after us finds our work either whole or not at all.
    await client.query(
      `begin; ${become} ${limits}; select pg_advisory_xact_lock(hashtextextended(${client.escapeLiteral(lock)}, 0))`,
    );
    const done = await work();
    onCommit();
    await client.query("commit");
    return done;
  }
  return {
    ask: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
    name: (text) => client.escapeIdentifier(text),
    text: (text) => client.escapeLiteral(text),
    underLock,
  };
}
