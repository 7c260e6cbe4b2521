/** An ordinary application: a pool, and queries and transactions all the time. */
import { setTimeout as sleep } from "node:timers/promises";
import { Pool, type PoolConfig } from "pg";

/** What became of them. */
export interface PoolFigures {
  readonly queries: number;
  readonly failures: number;
  /** How often each message was heard. */
  readonly messages: ReadonlyMap<string, number>;
  /** Connections that were opened. */
  readonly connections: number;
  /** Under which users, in order of their first query. */
  readonly users: readonly string[];
}

/** A load that goes on. */
export interface PoolLoad {
  readonly figures: () => PoolFigures;
  /** No more queries; resolves when the last was answered and the pool has ended. */
  readonly stop: () => Promise<PoolFigures>;
}

/** Each of `clients` workers asks, is answered, and waits `pause` ms. A connection serves `uses` times, then the pool opens another. */
export function startPoolLoad(
  address: PoolConfig,
  { clients, uses, pause }: { readonly clients: number; readonly uses: number; readonly pause: number },
): PoolLoad {
  const pool = new Pool({ ...address, max: clients, maxUses: uses, connectionTimeoutMillis: 20_000 });
  const messages = new Map<string, number>();
  const users = new Set<string>();
  let [queries, failures, connections] = [0, 0, 0];
  const ending = new AbortController();
  pool.on("connect", (client) => {
    connections++;
    // The pool listens only while a client waits in it.
    client.on("error", fail);
  });
  pool.on("error", fail);

  function fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    failures++;
    messages.set(message, (messages.get(message) ?? 0) + 1);
  }
  async function transact(): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query("insert into visits (id) values ($1)", [queries]);
      const { rows } = await client.query<{ name: string }>("select session_user::text as name");
      await client.query("commit");
      for (const { name } of rows) users.add(name);
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
  async function work(): Promise<void> {
    while (!ending.signal.aborted) {
      queries++;
      await (queries % 3 === 0 ? pool.query("select count(*) from visits where id < 10") : transact()).catch(fail);
      await sleep(pause);
    }
  }
  const workers = Promise.all(Array.from({ length: clients }, work));
  const figures = (): PoolFigures => ({ queries, failures, messages, connections, users: [...users] });
  return {
    figures,
    async stop() {
      ending.abort();
      await workers;
      await pool.end();
      return figures();
    },
  };
}
