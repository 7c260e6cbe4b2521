/** Frames between the engine and this process: in on standard input, out on a descriptor that a plugin's `console.log` does not reach. */
import { writeSync } from "node:fs";
import { RotateError, type ErrorDetails } from "@rotate/plugin-kit";

/** A JSON object. */
export type Frame = Readonly<Record<string, unknown>>;

/** The way to the engine. */
export interface Channel {
  readonly send: (frame: Frame) => void;
  /** Asks the engine to do something for an open call. Throws what it said. */
  readonly ask: (call: string, body: Frame & { readonly for: number }) => Promise<unknown>;
  /** Milliseconds since 1970, by the engine's clock. */
  readonly now: () => number;
  /** Reads until the input ends. @param onCall gets each frame that is no answer */
  readonly read: (onCall: (frame: Frame) => void) => void;
}

/** Where frames go out. */
const output = 3;
/** Asks that are open at the engine at once; it takes no more. */
const maxAsks = 64;
const nap = new Int32Array(new SharedArrayBuffer(4));

function write(line: string): void {
  const bytes = Buffer.from(line);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(output, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

function send(frame: Frame): void {
  write(`${JSON.stringify(frame)}\n`);
}

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The channel of this process: there is one. */
export function openChannel(): Channel {
  const asks = new Map<number, Asked>();
  const waiting: (() => void)[] = [];
  let next = 1;
  let ahead = 0;
  function settle({ ask, ok, error }: Frame): void {
    const asked = asks.get(Number(ask));
    asks.delete(Number(ask));
    if (error === undefined) asked?.resolve(ok);
    else asked?.reject(errorOf(error as ErrorDetails & { readonly message: string }));
    waiting.shift()?.();
  }
  return {
    send,
    now: () => Date.now() + ahead,
    async ask(call, body) {
      while (asks.size >= maxAsks) await new Promise<void>((resolve) => void waiting.push(resolve));
      const ask = next++;
      const { promise, ...asked } = Promise.withResolvers<unknown>();
      asks.set(ask, asked);
      send({ ...body, ask, call });
      return promise;
    },
    read(onCall) {
      // Not a net.Socket of a descriptor, which needs --allow-net on Node 26; not a stream of one, whose blocked read holds up the end of this process.
      let rest = "";
      process.stdin.setEncoding("utf8");
      process.stdin.on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const frame = JSON.parse(line) as Frame;
          if (typeof frame["now"] === "number") ahead = frame["now"] - Date.now();
          if ("ask" in frame) settle(frame);
          else onCall(frame);
        }
      });
      process.stdin.on("end", () => process.exit(0));
    },
  };
}

function errorOf({ message, ...details }: ErrorDetails & { readonly message: string }): RotateError {
  return new RotateError(message, details);
}
