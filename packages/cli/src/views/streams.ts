import type { IncomingMessage, ServerResponse } from "node:http";
import { sleepOrWake, type DaemonView, type Runtime } from "@rotate/core";
import { type Answer, fail, headersOf } from "./answer.ts";
import type { Outlook, Patch } from "./overview.ts";

/** What happens, as it happens, for those who look on: server-sent events (html.spec.whatwg.org, 9.2). */
export interface Streams {
  /** Answers by itself, or with a refusal. `last`: the event that they know. */
  readonly open: (
    request: IncomingMessage,
    response: ServerResponse,
    last: string | undefined,
  ) => Promise<Answer | undefined>;
  readonly close: () => void;
}

/** What is told, and by whose clock. */
export interface StreamParts {
  readonly outlook: Outlook;
  readonly daemon: DaemonView;
  readonly runtime: Pick<Runtime, "sleep" | "now">;
  readonly signal: AbortSignal;
}

const mostStreams = 32;
const tickEvery = 10_000;
/** Whoever has not taken this much of what was sent is cut off; a browser comes back by itself. Bytes beside the first answer. */
const mostUnread = 1_000_000;
/** Events that somebody who comes back may have missed. */
const keptEvents = 1_000;
const keptBytes = 4_000_000;
/** The loop sleeps half as long at most: older than this, it hangs. ms */
const hangs = 60_000;
const encoder = new TextEncoder();

interface Told {
  /** Whoever knows this one, */
  readonly since: string;
  /** has to hear this: one for all. */
  readonly bytes: Uint8Array;
}

interface Reader {
  readonly response: ServerResponse;
  /** What may wait to be read: a first answer can be long by itself. */
  limit: number;
}

/** Streams over an outlook, which looks only while somebody follows. */
export function createStreams({ outlook, daemon, runtime, signal }: StreamParts): Streams {
  const readers = new Set<Reader>();
  let told: readonly Told[] = [];
  let stopFollowing: (() => void) | undefined;

  function join(reader: Reader): void {
    readers.add(reader);
    stopFollowing ??= outlook.follow(tell);
  }

  /** While nobody looks on, nobody looks; what is missed then is not known. */
  function leave(reader: Reader): void {
    readers.delete(reader);
    if (readers.size > 0) return;
    stopFollowing?.();
    stopFollowing = undefined;
    told = [];
  }

  function write(reader: Reader, bytes: Uint8Array): void {
    const { response, limit } = reader;
    if (response.writableLength > limit) return drop(reader);
    response.write(bytes);
  }

  function drop(reader: Reader): void {
    leave(reader);
    reader.response.destroy();
  }

  function tell(patch: Patch): void {
    // What is kept has a buffer of its own: one of the pool keeps 64 kB of others alive.
    const bytes = encoder.encode(`${headOf("patch", patch.seq)}${outlook.text(patch)}\n\n`);
    told = withinBounds([...told, { since: patch.since, bytes }]);
    for (const reader of readers) write(reader, bytes);
  }

  /** What they missed, or everything. */
  async function firstOf(last: string | undefined): Promise<readonly Uint8Array[]> {
    const overview = await outlook.read();
    if (last === overview.seq) return [];
    const at = told.findIndex(({ since }) => since === last);
    if (at >= 0) return told.slice(at).map(({ bytes }) => bytes);
    return [Buffer.from(headOf("snapshot", overview.seq)), outlook.bytes(overview), Buffer.from("\n\n")];
  }

  async function tickOnAndOn(): Promise<void> {
    while (!signal.aborted) {
      await sleepOrWake(runtime, tickEvery, signal);
      // Silence says that the scheduler hangs.
      if ((daemon.sinceLook() ?? 0) > hangs) continue;
      const text = `event: tick\ndata: ${JSON.stringify({ at: new Date(daemon.now()).toISOString() })}\n\n`;
      const bytes = Buffer.from(text);
      for (const reader of readers) write(reader, bytes);
    }
  }

  void tickOnAndOn();

  return {
    async open(request, response, last) {
      if (response.destroyed) return undefined; // nobody would tell that it has gone
      if (readers.size >= mostStreams) return fail(503, "too many look on already", { "retry-after": "30" });
      const reader = { response, limit: mostUnread };
      join(reader);
      request.on("close", () => leave(reader));
      response.on("error", () => leave(reader));
      response.writeHead(200, headersOf("text/event-stream", { "x-accel-buffering": "no" }));
      const first = await firstOf(last);
      response.write("retry: 2000\n\n");
      for (const bytes of first) {
        reader.limit += bytes.length;
        response.write(bytes);
      }
      return undefined;
    },
    close() {
      for (const reader of readers) {
        leave(reader);
        reader.response.end();
      }
    },
  };
}

function withinBounds(events: readonly Told[]): readonly Told[] {
  let bytes = 0;
  const kept = events.slice(-keptEvents).toReversed();
  const end = kept.findIndex((one) => (bytes += one.bytes.length) > keptBytes);
  return (end < 0 ? kept : kept.slice(0, end)).toReversed();
}

function headOf(name: string, seq: string): string {
  return `id: ${seq}\nevent: ${name}\ndata: `;
}
