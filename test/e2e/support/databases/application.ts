/** An application that reads its login from a file when it is told to, and works on its database all the time. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database, Pool } from "./database.ts";

/** What became of it. */
export interface Figures {
  readonly asked: number;
  readonly failures: number;
  readonly messages: ReadonlyMap<string, number>;
  readonly reloads: number;
  /** The names, or names and passwords, that it worked under, in order of the first use. */
  readonly logins: readonly string[];
  /** Every password that it was given. */
  readonly passwords: readonly string[];
}

/** The application. */
export interface Application {
  /** A POST to it makes it read its file again; answered when nobody uses the former login any more. */
  readonly reloadUrl: string;
  readonly figures: () => Figures;
  readonly stop: () => Promise<Figures>;
}

/** Starts it; it works from its first reload on. @param directory holds `.env` @param ca PEM text */
export async function startApplication(
  database: Pick<Database, "pool">,
  { directory, ca, clients }: { readonly directory: string; readonly ca: string; readonly clients: number },
): Promise<Application> {
  const messages = new Map<string, number>();
  const [logins, passwords] = [new Set<string>(), new Set<string>()];
  let [asked, failures, reloads] = [0, 0, 0];
  let pool: Pool | undefined;
  const users = new Map<Pool, Set<Promise<unknown>>>();
  const ending = new AbortController();

  async function reload(): Promise<void> {
    const text = await readFile(join(directory, ".env"), "utf8");
    const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
    const login = { username: value("DB_USER"), password: value("DB_PASSWORD") };
    passwords.add(login.password);
    const next = await database.pool(login, ca);
    logins.add(await next.ask());
    const former = pool;
    users.set(next, new Set());
    pool = next;
    reloads++;
    if (former === undefined) return;
    const open = users.get(former);
    if (open !== undefined) await Promise.allSettled(open);
    users.delete(former);
    await former.end();
  }

  async function askOnce(current: Pool): Promise<void> {
    asked++;
    const asking = current.ask().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      failures++;
      messages.set(message, (messages.get(message) ?? 0) + 1);
    });
    users.get(current)?.add(asking);
    await asking;
    users.get(current)?.delete(asking);
  }

  async function work(): Promise<void> {
    while (!ending.signal.aborted) {
      if (pool !== undefined) await askOnce(pool);
      await sleep(10);
    }
  }

  const server = createServer((_, answer) => {
    reload().then(
      () => answer.writeHead(204).end(),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const workers = Promise.all(Array.from({ length: clients }, work));
  const figures = (): Figures => ({
    asked,
    failures,
    messages,
    reloads,
    logins: [...logins],
    passwords: [...passwords],
  });
  return {
    reloadUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/reload`,
    figures,
    async stop() {
      ending.abort();
      await workers;
      await pool?.end();
      server.close();
      return figures();
    },
  };
}
