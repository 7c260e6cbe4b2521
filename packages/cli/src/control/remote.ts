import { existsSync } from "node:fs";
import {
  type CurrentCredential,
  type DetailReport,
  EngineError,
  type Engine,
  type OnEvent,
  type StatusReport,
} from "@rotate/core";
import { whoAsks } from "../who-asks.ts";
import { isPossible, socketPath } from "./place.ts";
import type { Asker, CredentialQuestion, EjectQuestion, Hello, Line, RevokeQuestion, RunQuestion } from "./protocol.ts";
import { exchange } from "./exchange.ts";

/** What can be asked of a running watch as of an engine. */
export type Askable = Pick<Engine, "run" | "status" | "detail" | "revoke" | "eject" | "credential" | "now">;

/** How a watch is asked for. */
export interface Finding {
  /** See `specKey`. */
  readonly spec: () => string;
  readonly onEvent: OnEvent;
  /** How long it may take to say that it is there, ms; default 30,000. */
  readonly patience?: number | undefined;
  /** One runs, and does not say so within that time: what is wrong with it. */
  readonly onSilent?: (error: EngineError) => void;
}

/** The running watch that works on the state in `directory` by the same spec; undefined when there is none, or when it does not answer. */
export async function findWatch(
  directory: string,
  { spec, onEvent, patience, onSilent }: Finding,
): Promise<Askable | undefined> {
  const path = socketPath(directory);
  if (!isPossible(path) || !existsSync(path)) return undefined;
  const hello = await askFor<Hello>(path, "/v1/hello", patience).catch((error: unknown) => {
    if (error instanceof EngineError && error.code === "ROTATE_WATCH_SILENT") onSilent?.(error);
    return undefined;
  });
  if (hello?.version !== 1 || hello.spec !== spec()) return undefined;
  const ahead = hello.at === undefined ? 0 : Date.parse(hello.at) - Date.now();
  return { ...askableAt(path, onEvent), now: () => Date.now() + ahead };
}

function askableAt(path: string, onEvent: OnEvent): Omit<Askable, "now"> {
  const by = whoAsks();
  function errand<Report>(route: string, question: object, signal?: AbortSignal): Promise<Report> {
    const body = JSON.stringify({ ...question, by } satisfies Asker);
    return lastOf<Report>(exchange({ path, route, body, signal }), onEvent);
  }
  return {
    status: ({ names = [] } = {}) => {
      const query = new URLSearchParams(names.map((name) => ["name", name]));
      return askFor<StatusReport>(path, `/v1/status?${query.toString()}`);
    },
    detail: async (name, { limit, before } = {}) => {
      const asked = {
        name,
        ...(limit !== undefined && { limit: String(limit) }),
        ...(before !== undefined && { before }),
      };
      const { detail } = await askFor<{ readonly detail?: DetailReport }>(
        path,
        `/v1/detail?${new URLSearchParams(asked).toString()}`,
      );
      return detail;
    },
    run: ({ signal, names = [], force, timeout, lockTimeout, concurrency } = {}) => {
      const question: Omit<RunQuestion, "by"> = {
        names,
        ...(force !== undefined && { force }),
        ...(timeout !== undefined && { timeout }),
        ...(lockTimeout !== undefined && { lockTimeout }),
        ...(concurrency !== undefined && { concurrency }),
      };
      return errand("/v1/run", question, signal);
    },
    revoke: (name, { previous = false } = {}) =>
      errand("/v1/revoke", { name, previous } satisfies Omit<RevokeQuestion, "by">),
    async credential(name, { signal, needed, ...options } = {}) {
      const question: CredentialQuestion = { name, ...options };
      const body = JSON.stringify(question);
      const lines = exchange({ path, route: "/v1/credential", body, signal });
      const current = await lastOf<CurrentCredential>(lines, onEvent);
      needed?.(current.declared); // the watch knows all of it: only what this throws counts
      return current;
    },
    eject: (name, values) => {
      const texts =
        values instanceof Map
          ? Object.fromEntries([...values].map(([key, value]) => [key, value.reveal()]))
          : undefined;
      const question: Omit<EjectQuestion, "by"> = {
        name,
        ...(values === "keep" && { keep: true }),
        ...(texts && { values: texts }),
      };
      return errand("/v1/eject", question);
    },
  };
}

async function askFor<Answer>(path: string, route: string, silence?: number): Promise<Answer> {
  const { value } = await exchange({ path, route, silence }).next();
  const answer = (value ?? {}) as Answer & Line;
  if (answer.error !== undefined) throw errorOf(answer.error);
  return answer;
}

async function lastOf<Report>(lines: AsyncIterable<unknown>, onEvent: OnEvent): Promise<Report> {
  for await (const line of lines as AsyncIterable<Line>) {
    if (line.event !== undefined) onEvent(line.event);
    if (line.error !== undefined) throw errorOf(line.error);
    if (line.report !== undefined) return line.report as Report;
  }
  throw lost();
}

function errorOf({ code, message, hint, exitCode }: NonNullable<Line["error"]>): EngineError {
  return new EngineError(message, { code, exitCode, ...(hint !== undefined && { hint }) });
}

function lost(): EngineError {
  return new EngineError("the running `rotate watch` ended before it answered", {
    code: "ROTATE_WATCH_LOST",
    exitCode: 6,
    hint: "`rotate status` tells how things stand; what was begun is finished by the next run",
  });
}
