/** The context of a call, made of frames: there is no way to the outside but through the engine. */
import { invalid, Secret, type HttpAnswer, type Log, type LoggedIn } from "@rotate/plugin-kit";
import { makeAnswer } from "@rotate/runtime/answers";
import type { Channel, Frame } from "./channel.ts";
import { isRecord, optionsOf, plain, unpacked } from "./wire.ts";

/** What a call may have of every part's context. */
export type HostContext = LoggedIn & { readonly leaseId: string; readonly request: unknown };

interface SentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly framed: boolean;
  readonly origin: string;
}

type Schemas = Parameters<typeof optionsOf>[0];

/** @param frame the call @param part whose options they are */
export function contextFor(
  frame: Frame,
  { channel, part, signal }: { readonly channel: Channel; readonly part: Schemas; readonly signal: AbortSignal },
): HostContext {
  const { send, now } = channel;
  const id = Number(frame["id"]);
  function tell({ ...secret }: { readonly text: string; readonly name?: string }): void {
    send({ note: "secret", for: id, ...secret });
  }
  function ask(call: string, body: Frame): Promise<unknown> {
    signal.throwIfAborted();
    const sent = plain(body, (secret) => tell({ text: secret.reveal() })) as Frame;
    return channel.ask(call, { ...sent, for: id });
  }
  const log = (level: string) => (message: string, fields?: Frame) =>
    send({ note: "log", for: id, level, message, ...(fields && { fields: plainFields(fields) }) });
  const { options, request, resolve } = optionsOf(part, frame, () =>
    invalid("what was given to `ctx.resolve` is no secret option of this call", "give it an option of `ctx.options`"),
  );
  return {
    options,
    request,
    signal,
    now,
    resolve,
    http: async (url, init = {}) => answerOf((await ask("http", { url: String(url), init })) as SentAnswer, now()),
    exec: async (argv, init = {}) => (await ask("exec", { argv: [...argv], init })) as never,
    readFile: async (path, init = {}) => String(await ask("readFile", { path, init })),
    sleep: async (milliseconds) => void (await ask("sleep", { milliseconds })),
    env: isRecord(frame["env"]) ? (frame["env"] as Readonly<Record<string, string>>) : {},
    log: Object.fromEntries(["debug", "info", "warn"].map((level) => [level, log(level)])) as unknown as Log,
    secret(text, name) {
      tell({ text, ...(name !== undefined && { name }) });
      return new Secret(text, name);
    },
    login: isRecord(frame["login"]) ? unpacked(frame["login"]["kept"]) : undefined,
    leaseId: typeof frame["leaseId"] === "string" ? frame["leaseId"] : "",
  };
}

/** A secret in a log's fields prints as what it is called. */
function plainFields(fields: Frame): Frame {
  return JSON.parse(JSON.stringify(fields)) as Frame;
}

function answerOf({ body, ...answer }: SentAnswer, now: number): HttpAnswer {
  return makeAnswer({ ...answer, body: Buffer.from(body, "base64") }, now);
}
