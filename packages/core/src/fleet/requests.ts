/** What one machine of a fleet asks of another: jobs of one queue, each machine taking those of its number. */
import type { PgBoss } from "pg-boss";
import type { EngineError } from "../engine-error.ts";
import type { Answer, Question } from "../backend/peers.ts";
import { dbOf, requestsOf } from "./boss.ts";
import type { Database } from "./database.ts";

/** What one machine answers another. */
export interface Reply {
  readonly report?: Answer;
  readonly error?: Pick<EngineError, "code" | "message" | "exitCode"> & { readonly hint?: string | undefined };
}

/** One that was taken, and how it is answered. */
export interface TakenQuestion {
  readonly question: Question;
  readonly end: (reply: Reply) => Promise<void>;
}

/** Questions and answers of one spec. */
export interface Requests {
  readonly send: (slot: number, question: Question) => Promise<string>;
  /** Undefined: not yet. */
  readonly answerTo: (id: string) => Promise<Reply | undefined>;
  /** Nobody waits for it any more. */
  readonly drop: (id: string) => Promise<void>;
  /** Those to the machine of this number. */
  readonly take: (slot: number) => Promise<readonly TakenQuestion[]>;
}

/** A question that was asked earlier is not done any more: whoever asked is gone. */
const oldest = "10 minutes";

/** @param jobs pg-boss's table of them */
export function createRequests(
  boss: PgBoss,
  { database, spec, jobs }: { readonly database: Database; readonly spec: string; readonly jobs: string },
): Requests {
  const name = requestsOf(spec);
  const db = dbOf(database);
  return {
    async send(slot, question) {
      const ids = await boss.insert(name, [{ data: question, priority: slot }], { db, returnId: true });
      return ids![0]!;
    },
    async answerTo(id) {
      const [row] = await database.query(
        `select state::text as state, output from ${jobs} where name = $1 and id = $2`,
        [name, id],
      );
      if (row === undefined) return {};
      if (row["state"] === "completed") return row["output"] as Reply;
      return row["state"] === "failed" ? {} : undefined;
    },
    async drop(id) {
      await boss.deleteJob(name, id, { db });
    },
    async take(slot) {
      const [waiting] = await database.query(
        `select from ${jobs} where name = $1 and state = 'created' and priority = $2 limit 1`,
        [name, slot],
      );
      if (waiting === undefined) return [];
      await database.query(
        `delete from ${jobs} where name = $1 and state = 'created' and priority = $2 and created_on < now() - interval '${oldest}'`,
        [name, slot],
      );
      const taken = await boss.fetch<Question>(name, { batchSize: 10, minPriority: slot, maxPriority: slot, db });
      return taken.map(({ id, data }) => ({
        question: data,
        end: async (reply) => void (await boss.complete(name, id, reply, { db })),
      }));
    },
  };
}
