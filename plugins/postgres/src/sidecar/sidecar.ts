/** The door: every connection of an application begins here. */
import type { Socket } from "node:net";
import { asRefusal, closing, goneAway, tooLate } from "./failures.ts";
import { examine, type Examined } from "./local-auth.ts";
import { readOpening } from "./opening.ts";
import { createSessions, type SessionsOptions } from "./sessions.ts";
import { fatal, Refusal, type Startup } from "./wire.ts";

/** What is needed to serve an application. */
export interface SidecarOptions extends Omit<SessionsOptions, "limit"> {
  /** Who may come in, read anew for each; undefined: whoever reaches the socket. */
  readonly local: (() => Promise<Examined>) | undefined;
  /** Puts in what the application left open, and refuses what is not passed through. Throws a Refusal. */
  readonly complete: (startup: Startup) => Startup;
  /** Milliseconds from the connection to the first ReadyForQuery. */
  readonly startupTimeout: number;
  /** Counts somebody who was turned away. */
  readonly refusal: (word: string) => void;
  /** Aborts after so many milliseconds; default AbortSignal.timeout. */
  readonly limit?: (milliseconds: number) => AbortSignal;
}

/** A sidecar. */
export interface Sidecar {
  /** Serves a connection, paused. */
  readonly take: (connection: Socket) => void;
  /**
   * Lets nobody new in, sends sessions away as soon as they are idle, and resolves when all are gone. When `hurry` aborts, those that are left are sent away whatever they do.
   */
  readonly close: (hurry: AbortSignal) => Promise<void>;
}

/** Connections that have not shown who they are, beside as many as there may be sessions; the oldest gives way. */
const mostStrangers = 64;
/** Milliseconds that a connection may linger after it was turned away. */
const farewell = 5_000;
/** Probes of an idle connection, milliseconds. */
const keepAlive = 30_000;

/** Serves applications. */
export function createSidecar(options: SidecarOptions): Sidecar {
  const { maxSessions, refusal, limit = (milliseconds) => AbortSignal.timeout(milliseconds) } = options;
  const strangers = new Set<Socket>();
  const running = new Map<Socket, Promise<void>>();
  const sessions = createSessions({ ...options, limit });

  function take(connection: Socket): void {
    connection.on("error", () => connection.destroy());
    // An application that says no more hears no more: nobody speaks this protocol with half a connection.
    connection.once("end", () => connection.end());
    connection.setNoDelay(true).setKeepAlive(true, keepAlive);
    strangers.add(connection);
    const [oldest] = strangers;
    if (oldest !== undefined && strangers.size > maxSessions + mostStrangers) {
      refusal("too-many-strangers");
      forget(oldest);
    }
    running.set(connection, serve(connection));
  }

  /** Nothing is owed to somebody who did not say who they are. */
  function forget(connection: Socket): void {
    strangers.delete(connection);
    connection.destroy();
  }

  async function serve(connection: Socket): Promise<void> {
    const gone = new AbortController();
    connection.once("close", () => gone.abort(new Refusal(goneAway)));
    const late = limit(options.startupTimeout);
    const onLate = (): void => {
      if (strangers.has(connection)) forget(connection);
    };
    late.addEventListener("abort", onLate, { once: true });
    try {
      await open(connection, AbortSignal.any([gone.signal, late]));
    } catch (error) {
      turnAway(connection, late.aborted && !(error instanceof Refusal) ? new Refusal(tooLate) : error, options);
    } finally {
      late.removeEventListener("abort", onLate);
      strangers.delete(connection);
      running.delete(connection);
    }
  }

  async function open(connection: Socket, signal: AbortSignal): Promise<void> {
    const opening = await readOpening(connection);
    if (opening.kind === "cancel") return cancelBy(connection, opening.key, signal);
    if (opening.kind === "tls") {
      refusal("tls");
      return forget(connection);
    }
    sessions.admit();
    await identify(connection, opening.startup, options);
    strangers.delete(connection);
    await sessions.serve(connection, options.complete(opening.startup), signal);
  }

  /** Whatever comes of it, the answer is that the connection is closed: as PostgreSQL does. */
  async function cancelBy(connection: Socket, key: Buffer, signal: AbortSignal): Promise<void> {
    const isOurs = await sessions.cancelBy(key, signal);
    if (!isOurs) refusal("unknown-cancel");
    connection.end();
  }

  async function close(hurry: AbortSignal): Promise<void> {
    sessions.close();
    for (const connection of strangers) connection.end(fatal(closing));
    hurry.addEventListener("abort", expel, { once: true });
    if (hurry.aborted) expel();
    await Promise.all(running.values());
    hurry.removeEventListener("abort", expel);
  }

  function expel(): void {
    sessions.expel();
    for (const connection of running.keys()) connection.destroySoon();
  }

  return { take, close };
}

async function identify(connection: Socket, startup: Startup, { local }: SidecarOptions): Promise<void> {
  if (local === undefined) return;
  await examine(connection, startup, await local());
}

function turnAway(connection: Socket, error: unknown, { refusal, log }: SidecarOptions): void {
  if (connection.destroyed) return;
  const { word, sqlstate, message, packet } = asRefusal(error);
  refusal(word);
  log.info("a session was refused", { sqlstate, message });
  connection.end(packet);
  // Until its end is seen, what it still sends has to be read.
  connection.resume().setTimeout(farewell, () => connection.destroy());
}
