import type { Log } from "@rotate/plugin-kit";
import type { Readable } from "node:stream";

/** Bytes of a line; a longer one is left out whole, as a secret that is cut in two is no longer known by the masker. */
const maxLine = 4096;
/** Bytes a second; of what is beyond, one line tells. */
const maxASecond = 64 * 1024;

/** Lines that are held at most; what is beyond goes the way of what is beyond a second's measure. */
const maxHeld = 256;

/** What a program says. */
export interface Said {
  /** Its last line. */
  readonly last: () => string | undefined;
  /** Writes what was held. */
  readonly flush: () => void;
}

/**
 * Writes what a program says on standard error to the log, which masks it. While a call is open it is held: it may hold the secret that the answer brings, and
 * only then does the masker know it.
 */
export function logLines(
  stream: Readable,
  {
    name,
    log,
    now,
    isOpen,
  }: {
    readonly name: string;
    readonly log: Log;
    readonly now: () => number;
    readonly isOpen: () => boolean;
  },
): Said {
  const held: string[] = [];
  let rest = "";
  let skipping = false;
  let last: string | undefined;
  let second = now();
  let spent = 0;
  function write(line: string): void {
    if (line.trim() === "") return;
    last = line;
    if (held.length < maxHeld) held.push(line);
    else log.info("the plugin says more than is logged", { plugin: name });
    if (!isOpen()) flush();
  }
  function flush(): void {
    for (const one of held.splice(0)) log.info("the plugin says", { plugin: name, line: one });
  }
  function mayTake(bytes: number): boolean {
    if (Math.abs(now() - second) >= 1000) [second, spent] = [now(), 0];
    const before = spent;
    spent += bytes;
    if (spent > maxASecond && before <= maxASecond) log.info("the plugin says more than is logged", { plugin: name });
    return spent <= maxASecond;
  }
  stream.setEncoding("utf8");
  stream.on("error", () => undefined); // its end tells
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    const fits = mayTake(Buffer.byteLength(chunk));
    for (const line of lines) {
      if (fits && !skipping && line.length <= maxLine) write(line);
      skipping = false;
    }
    if (rest.length > maxLine) [rest, skipping] = ["", true];
  });
  stream.on("end", () => {
    if (!skipping && rest.length <= maxLine) write(rest);
  });
  return { last: () => last, flush };
}
