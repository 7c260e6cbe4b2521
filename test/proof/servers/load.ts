/** Consumers that read what rotate wrote and use it, all the time. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import type { Postgres } from "@rotate/doubles";

/** A stretch of time in which failures are ours: a fault that was injected, and the time to get over it. ms since 1970. */
export interface Window {
  readonly what: string;
  readonly from: number;
  until: number;
}

export interface Load {
  readonly stop: () => Promise<Tally>;
}

export interface Tally {
  readonly uses: number;
  readonly failures: readonly { readonly at: number; readonly who: string; readonly why: string }[];
}

/** Logs in to the database with what each file says, ten times a second each. */
export function startLoad(postgres: Postgres, files: readonly string[]): Load {
  const going = new AbortController();
  let uses = 0;
  const failures: { at: number; who: string; why: string }[] = [];
  async function use(file: string): Promise<void> {
    const { DB_USER: user, DB_PASSWORD: password } = parseEnv(await readFile(file, "utf8"));
    const client = await postgres.connect({ user, password });
    try {
      await client.query("select 1");
    } finally {
      await client.end();
    }
  }
  async function consume(file: string): Promise<void> {
    while (!going.signal.aborted) {
      uses += 1;
      const at = Date.now();
      await use(file).catch((error: unknown) => failures.push({ at, who: file, why: String(error) }));
      await sleep(100);
    }
  }
  const consumers = files.map(consume);
  return {
    stop: async () => {
      going.abort();
      await Promise.all(consumers);
      return { uses, failures };
    },
  };
}

/** Failures that no fault of ours explains. */
export function unexplained({ failures }: Tally, windows: readonly Window[]): Tally["failures"] {
  return failures.filter(({ at }) => !windows.some(({ from, until }) => from <= at && at <= until));
}
