/** The sessions of an entry: how many there may be, whose key is whose, and how they end. */
import type { Socket } from "node:net";
import type { Log } from "@rotate/plugin-kit";
import { enter, type Source } from "./enter.ts";
import { closing, messageOf, tooMany } from "./failures.ts";
import { cancel, createSession, sendAway, type Session, terminate } from "./session.ts";
import { splice } from "./splice.ts";
import { createTurns } from "./turns.ts";
import { Refusal, type Startup } from "./wire.ts";

/** What sessions are made with. */
export interface SessionsOptions {
  readonly source: Source;
  readonly maxSessions: number;
  /** Ask the server to cancel what runs when the application goes away. */
  readonly cancelsForGone: boolean;
  readonly log: Log;
  /** Aborts after so many milliseconds. */
  readonly limit: (milliseconds: number) => AbortSignal;
}

/** The book of sessions. */
export interface Sessions {
  /** Throws a Refusal when nobody new is let in. */
  readonly admit: () => void;
  /** From a start-up packet to the session's end. Rejects with a Refusal when it comes to none. */
  readonly serve: (application: Socket, startup: Startup, signal: AbortSignal) => Promise<void>;
  /** False: there is no session with this key. */
  readonly cancelBy: (key: Buffer, signal: AbortSignal) => Promise<boolean>;
  /** Lets nobody new in; who is idle, or becomes so, is sent away. */
  readonly close: () => void;
  /** Sends all away, whatever they do. */
  readonly expel: () => void;
}

/** Logins at the server that are under way at once; others wait. */
const mostLogins = 64;
/** Milliseconds for a request to cancel. */
const cancelTimeout = 10_000;
/** Milliseconds that an application may let pass without reading when its server is gone. */
const patience = 30_000;

/** An empty book. */
export function createSessions(options: SessionsOptions): Sessions {
  const { source, maxSessions } = options;
  const sessions = new Set<Session>();
  const turns = createTurns(mostLogins);
  let seats = 0;
  let isClosing = false;

  function admit(): void {
    if (isClosing) throw new Refusal(closing);
  }

  async function serve(application: Socket, startup: Startup, signal: AbortSignal): Promise<void> {
    admit();
    if (seats >= maxSessions) throw new Refusal(tooMany(maxSessions));
    seats++;
    await begin(application, startup, signal).finally(() => void seats--);
  }

  async function begin(application: Socket, startup: Startup, signal: AbortSignal): Promise<void> {
    const endTurn = await turns.take(signal);
    const entered = await enter(startup, source, signal).finally(endTurn);
    const { server, bytes, release } = entered;
    server.once("close", release);
    if (isClosing || application.destroyed) {
      server.end(terminate);
      return admit();
    }
    application.write(bytes);
    await run(createSession(application, entered));
  }

  async function run(session: Session): Promise<void> {
    const { application, server, activity } = session;
    sessions.add(session);
    server.once("close", () => application.setTimeout(patience, () => application.destroy()));
    function fromServer(chunk: Buffer): void {
      activity.fromServer(chunk);
      if (isClosing && activity.isIdle()) sendAway(session);
    }
    const farewell = (): Promise<void> => cancelGone(session);
    await splice({ application, server, fromApplication: activity.fromApplication, fromServer, farewell });
    sessions.delete(session);
  }

  async function cancelGone(session: Session): Promise<void> {
    if (!options.cancelsForGone || session.activity.isIdle() || session.server.destroyed) return;
    try {
      await cancel(session, source, options.limit(cancelTimeout));
    } catch (error) {
      options.log.warn("what an application left running could not be cancelled", { message: messageOf(error) });
    }
  }

  async function cancelBy(key: Buffer, signal: AbortSignal): Promise<boolean> {
    const session = [...sessions].find((one) => one.key?.equals(key) === true);
    if (session === undefined) return false;
    await cancel(session, source, AbortSignal.any([signal, options.limit(cancelTimeout)]));
    return true;
  }

  function close(): void {
    isClosing = true;
    for (const session of sessions) if (session.activity.isIdle()) sendAway(session);
  }

  function expel(): void {
    for (const session of sessions) {
      sendAway(session);
      session.server.destroy();
    }
  }

  return { admit, serve, cancelBy, close, expel };
}
