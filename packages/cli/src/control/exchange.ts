import { EngineError } from "@rotate/core";

/** One question over a Unix socket. */
export interface Question {
  readonly path: string;
  readonly route: string;
  /** JSON: makes it a POST. */
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** How long it may say nothing, ms; default 30,000. */
  readonly silence?: number | undefined;
}

/** The running watch says something every five seconds. ms */
const longestSilence = 30_000;

/** Asks, and gives what is answered line by line, as JSON. Throws what the socket throws, and EngineError `ROTATE_WATCH_SILENT`. */
export async function* exchange({
  path,
  route,
  body,
  signal,
  silence = longestSilence,
}: Question): AsyncGenerator<unknown, void> {
  const { request } = process.getBuiltinModule("node:http");
  const headers =
    body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const answered = Promise.withResolvers<AsyncIterable<Buffer>>();
  const method = body === undefined ? "GET" : "POST";
  const asking = request({ socketPath: path, path: route, method, headers, agent: false, signal }, answered.resolve);
  asking.on("error", answered.reject);
  asking.setTimeout(silence, () => asking.destroy(silent()));
  asking.end(body);
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of await answered.promise) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
  if (rest !== "") yield JSON.parse(rest);
}

/** A watch runs, and says nothing. */
export function silent(): EngineError {
  return new EngineError("the running `rotate watch` does not answer", {
    code: "ROTATE_WATCH_SILENT",
    exitCode: 6,
    hint: "look at its log; stop it, and the command works by itself",
  });
}
