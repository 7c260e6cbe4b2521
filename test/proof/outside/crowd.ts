/** Who looks at a daemon all the time: some follow and read, many say nothing, some mean harm. Each comes back when it is sent away. */
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";

export interface CrowdSize {
  /** Follow the events and read them. */
  readonly followers: number;
  /** Connect and send nothing. */
  readonly idle: number;
  readonly hostile: number;
}

export interface Crowd {
  /** What was heard so far. */
  readonly heard: () => { readonly events: number; readonly following: number; readonly sentAway: number };
  readonly close: () => Promise<void>;
}

const second = 1_000;
const host = "Host: localhost";
const follow = `GET /api/v1/events HTTP/1.1\r\n${host}\r\n\r\n`;

/** What a hostile client sends; `reads: false` never takes the answer. */
interface Attack {
  readonly says: readonly string[];
  /** ms between two parts. */
  readonly pause?: number;
  readonly reads?: false;
}

const attacks: readonly Attack[] = [
  { says: ["\u0016\u0003\u0001\u0002\u0000 no HTTP at all\r\n\r\n"] },
  { says: [`GET / HTTP/1.1\r\n${host}\r\nX: ${"a".repeat(60_000)}\r\n\r\n`] },
  { says: [`GET /${"a".repeat(60_000)} HTTP/1.1\r\n${host}\r\n\r\n`] },
  { says: ["GET / HTTP/1.1\r\n", ...Array.from({ length: 200 }, (_, at) => `X-${at}: slow\r\n`)], pause: 500 },
  { says: ["GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"] },
  { says: ["GET http://evil.example/readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"] },
  { says: [`POST /api/v1/rotations HTTP/1.1\r\n${host}\r\nContent-Length: 1000000000\r\n\r\n`, "x".repeat(65_536)] },
  { says: [`POST / HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n`, "FFFFFFFF\r\n", "x".repeat(65_536)] },
  { says: [`GET / HTTP/1.1\r\n${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`] },
  { says: [`GET /api/v1/rotations HTTP/1.1\r\n${host}\r\n\r\n`.repeat(200)], reads: false },
  { says: [follow], reads: false },
  { says: [`GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n\r\n`, `GET /%00%ff HTTP/1.1\r\n${host}\r\n\r\n`] },
];

/** Closed by whomever, at the latest after so many ms. */
function ended(socket: Socket, most: number): Promise<void> {
  return new Promise((resolve) => {
    const late = globalThis.setTimeout(() => socket.destroy(), most);
    socket.once("close", () => {
      clearTimeout(late);
      resolve();
    });
  });
}

/** Sends all of them to a port of this machine. */
export function sendCrowd(port: number, { followers, idle, hostile }: CrowdSize): Crowd {
  const stop = new AbortController();
  const open = new Set<Socket>();
  const following = new Set<Socket>();
  let events = 0;
  let sentAway = 0;

  function reach(): Socket {
    const socket = connect(port, "127.0.0.1");
    open.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => void open.delete(socket));
    return socket;
  }

  async function followOnce(): Promise<void> {
    const socket = reach();
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      if (text.startsWith("HTTP/1.1 503")) sentAway++;
      if (text.startsWith("HTTP/1.1 200")) following.add(socket);
      events += text.split("\nevent: ").length - 1;
    });
    socket.once("close", () => void following.delete(socket));
    socket.write(follow);
    await ended(socket, 600 * second);
  }

  async function idleOnce(): Promise<void> {
    await ended(reach(), 60 * second);
  }

  async function attackOnce(number: number): Promise<void> {
    const { says, pause = 0, reads } = attacks[number % attacks.length]!;
    const socket = reach();
    if (reads === false) socket.pause();
    else socket.resume();
    const over = ended(socket, 20 * second);
    for (const part of says) {
      if (socket.closed || stop.signal.aborted) break;
      socket.write(part);
      if (pause > 0) await setTimeout(pause, undefined, { signal: stop.signal }).catch(() => {});
    }
    await over;
  }

  /** Again and again, never more often than the pause. */
  async function visit(once: (round: number) => Promise<void>, pause: number): Promise<void> {
    for (let round = 0; !stop.signal.aborted; round++) {
      await once(round);
      await setTimeout(pause, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  const visits = [
    ...Array.from({ length: followers }, () => visit(followOnce, 5 * second)),
    ...Array.from({ length: idle }, () => visit(idleOnce, second)),
    ...Array.from({ length: hostile }, (_, at) => visit((round) => attackOnce(at + round), 0.2 * second)),
  ];
  return {
    heard: () => ({ events, following: following.size, sentAway }),
    async close() {
      stop.abort();
      for (const socket of open) socket.destroy();
      await Promise.all(visits);
    },
  };
}
