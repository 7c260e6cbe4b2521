/** Whether a session is at rest: message boundaries are followed both ways, contents are not looked at. */

/** What is known of a session. */
export interface Activity {
  readonly fromApplication: (chunk: Buffer) => void;
  readonly fromServer: (chunk: Buffer) => void;
  /** Nothing is asked that was not answered, and no transaction is open. */
  readonly isIdle: () => boolean;
  /** The server's bytes end where a message ends: another may be put behind it. */
  readonly isBetween: () => boolean;
}

/** Messages that ask for one ReadyForQuery each: Query, Sync, FunctionCall. */
const asking: ReadonlySet<number> = new Set(["Q", "S", "F"].map((letter) => letter.charCodeAt(0)));
const readyForQuery = "Z".charCodeAt(0);
const copyIn = "G".charCodeAt(0);
const idle = "I".charCodeAt(0);

/** A session that has just seen its first ReadyForQuery. */
export function createActivity(): Activity {
  let unanswered = 0;
  let status = idle;
  let copies = false;

  // The server ignores a Sync that reaches it while it takes a copy, and clients send one with the query: after a copy, the next ReadyForQuery answers all.
  function answered(next: number): void {
    unanswered = copies ? 0 : unanswered - 1;
    copies = false;
    status = next;
  }
  const application = createBoundaries((type) => void (unanswered += asking.has(type) ? 1 : 0));
  const server = createBoundaries((type, first) => {
    if (type === readyForQuery) answered(first);
    else if (type === copyIn) copies = true;
  });

  return {
    fromApplication: application.feed,
    fromServer: server.feed,
    isIdle: () => unanswered === 0 && status === idle && application.isBetween() && server.isBetween(),
    isBetween: server.isBetween,
  };
}

interface Boundaries {
  readonly feed: (chunk: Buffer) => void;
  readonly isBetween: () => boolean;
}

/** Bytes of a message's head: its type and its length, which counts itself. */
const headSize = 5;

/**
 * Tells of each message when its head, and the first byte of its content if it has one, are there. What is no message is followed no further: the session then
 * never counts as idle.
 */
export function createBoundaries(tell: (type: number, first: number) => void): Boundaries {
  const head = Buffer.alloc(headSize + 1);
  let filled = 0;
  let skip = 0;
  let isLost = false;

  /** Of a head that came in pieces. Gives where to go on. */
  function complete(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && filled < wanted()) head[filled++] = chunk[at++] ?? 0;
    if (filled >= headSize && filled === wanted()) take(head, 0);
    return at;
  }
  function wanted(): number {
    return filled < headSize || head.readUInt32BE(1) === 4 ? headSize : headSize + 1;
  }
  /** The head at `at`, with the first byte of what follows it. */
  function take(bytes: Buffer, at: number): void {
    const length = bytes.readUInt32BE(at + 1);
    isLost ||= length < 4;
    skip = Math.max(0, length - 5);
    filled = 0;
    tell(bytes[at] ?? 0, length > 4 ? (bytes[at + headSize] ?? 0) : 0);
  }

  function feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !isLost) {
      if (skip > 0) {
        const passed = Math.min(skip, chunk.length - at);
        skip -= passed;
        at += passed;
      } else if (filled === 0 && chunk.length - at > headSize) {
        take(chunk, at);
        at += chunk.readUInt32BE(at + 1) === 4 ? headSize : headSize + 1;
      } else at = complete(chunk, at);
    }
  }

  return { feed, isBetween: () => !isLost && skip === 0 && filled === 0 };
}
