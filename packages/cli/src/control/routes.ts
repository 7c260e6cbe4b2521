import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import {
  EngineError,
  selectByName,
  type DaemonView,
  type Engine,
  type EngineEvent,
  type Runtime,
  sleepOrWake,
} from "@rotate/core";
import { headersOf, json } from "../views/answer.ts";
import type { Route } from "../views/routes.ts";
import { credentialRoute } from "./credentials.ts";
import { specKey } from "./place.ts";
import type {
  CredentialQuestion,
  EjectQuestion,
  ErrorLine,
  Hello,
  Line,
  RevokeQuestion,
  RunQuestion,
} from "./protocol.ts";

/** What the control socket is made of. */
export interface ControlParts {
  readonly daemon: DaemonView;
  readonly runtime: Pick<Runtime, "masker" | "sleep">;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** What the user whose socket it is may ask for. */
export function controlRoutes(parts: ControlParts): readonly Route[] {
  const { daemon, runtime, startedAt } = parts;
  return [
    {
      path: "/v1/hello",
      answer: async () =>
        json({
          version: 1,
          spec: specKey(daemon.spec()),
          startedAt,
          at: new Date(daemon.now()).toISOString(),
        } satisfies Hello),
    },
    {
      path: "/v1/status",
      answer: async ({ query }) => json(await daemon.status({ names: query.getAll("name") })),
    },
    {
      path: "/v1/detail",
      answer: async ({ query }) => {
        const [limit, before] = [query.get("limit"), query.get("before")];
        const asked = {
          byDaemon: true,
          ...(limit !== null && { limit: Number(limit) }),
          ...(before !== null && { before }),
        };
        return json({ detail: await daemon.ask((engine) => engine.detail(query.get("name") ?? "", asked)) });
      },
    },
    credentialRoute({ daemon, runtime }),
    post<RunQuestion>("/v1/run", parts, async (engine, question, signal) => {
      const { names = [], by, ...options } = question;
      const what = options.force === true ? "run --force" : "run";
      engine.events.emit({ type: "asked", by, what, names });
      return engine.run({ ...options, names, signal, byDaemon: true });
    }),
    post<RevokeQuestion>("/v1/revoke", parts, async (engine, { by, name, previous = false }) => {
      engine.events.emit({ type: "asked", by, what: previous ? "revoke --previous" : "revoke", names: [name] });
      return engine.revoke(name, { previous });
    }),
    post<CredentialQuestion>("/v1/credential", { ...parts, isSecret: true }, (engine, { name, ...options }, signal) =>
      engine.credential(name, { ...options, signal }),
    ),
    post<EjectQuestion>("/v1/eject", parts, async (engine, { by, name, keep, values }) => {
      if (values === undefined && keep !== true) return engine.eject(name);
      engine.events.emit({ type: "asked", by, what: keep === true ? "eject --keep" : "eject", names: [name] });
      const secrets = Object.entries(values ?? {}).map(
        ([key, value]) => [key, runtime.masker.secret(value, key)] as const,
      );
      return engine.eject(name, keep === true ? "keep" : new Map(secrets));
    }),
  ];
}

type Errand<Question> = (engine: Engine, question: Question, signal: AbortSignal) => Promise<unknown>;

/** @param isSecret the report is the secret that was asked for, and goes out as it is */
function post<Question extends Chosen>(
  path: string,
  { daemon, runtime, isSecret = false }: ControlParts & { readonly isSecret?: boolean },
  errand: Errand<Question>,
): Route {
  return {
    method: "POST",
    path,
    async answer({ request, response }) {
      const question = await readJson<Question>(request);
      const tell = (line: Line): void => void response.write(`${runtime.masker.mask(JSON.stringify(line))}\n`);
      const ending = new AbortController();
      response.on("close", () => ending.abort(new Error("nobody waits for it any more")));
      response.on("error", () => ending.abort());
      response.writeHead(200, headersOf("application/x-ndjson"));
      const names = namesOf(question, daemon);
      const stop = daemon.events.on((event) => (concerns(event, names) ? tell({ event }) : undefined));
      void keepAlive(response, runtime, ending.signal);
      try {
        const report = await daemon.ask((engine) => errand(engine, question, ending.signal));
        if (isSecret) response.write(`${JSON.stringify({ report } satisfies Line)}\n`);
        else tell({ report });
      } catch (error) {
        tell({ error: errorLine(error) });
      } finally {
        stop();
        ending.abort();
        response.end();
      }
      return undefined;
    },
  };
}

const longestQuestion = 1_000_000;

async function readJson<Question>(request: IncomingMessage): Promise<Question> {
  if (Number(request.headers["content-length"] ?? Infinity) > longestQuestion)
    throw new EngineError("the question is too long", { code: "ROTATE_USAGE", exitCode: 2 });
  return JSON.parse(await text(request)) as Question;
}

interface Chosen {
  readonly names?: readonly string[] | undefined;
  readonly name?: string;
}

/** Undefined: all. A name that is none is told by the errand itself. */
function namesOf({ names, name }: Chosen, daemon: DaemonView): ReadonlySet<string> | undefined {
  const asked = name === undefined ? names : [name];
  if (asked === undefined || asked.length === 0) return undefined;
  try {
    return new Set(selectByName(daemon.spec().rotations, asked).map((one) => one.name));
  } catch {
    return new Set(asked);
  }
}

/** What the command itself would have told of its rotations. */
function concerns(event: EngineEvent, names: ReadonlySet<string> | undefined): boolean {
  if (!("rotation" in event) || event.type === "alarm" || event.type === "standing-changed") return false;
  return names === undefined || names.has(event.rotation);
}

const aliveEvery = 5_000;

async function keepAlive(
  response: ServerResponse,
  { sleep }: Pick<Runtime, "sleep">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleepOrWake({ sleep }, aliveEvery, signal);
    if (!signal.aborted) response.write("{}\n");
  }
}

function errorLine(error: unknown): ErrorLine {
  const { code, message, hint, exitCode } = error as Partial<ErrorLine>;
  return {
    code: code ?? "ROTATE_INTERNAL",
    message: message ?? String(error),
    ...(hint !== undefined && { hint }),
    exitCode: exitCode ?? 6,
  };
}
