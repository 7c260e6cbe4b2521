/** One application at one server, after the login. */
import type { Socket } from "node:net";
import { type Activity, createActivity } from "./activity.ts";
import { dial } from "./dial.ts";
import type { Entered, Source } from "./enter.ts";
import { shutDown } from "./failures.ts";
import { fatal, int32, message, packet, requestCodes } from "./wire.ts";

/** Both sides, and what is known of what goes on between them. */
export interface Session {
  readonly application: Socket;
  readonly server: Socket;
  readonly activity: Activity;
  readonly key: Buffer | undefined;
  /** Where the server is: a name may lead elsewhere by now. */
  readonly address: string | undefined;
}

/** Terminate: the server needs not wonder where its client went. */
export const terminate: Buffer = message("X");

/** A session that is ready for queries. */
export function createSession(application: Socket, { server, key }: Entered): Session {
  return { application, server, key, address: server.remoteAddress, activity: createActivity() };
}

/** Ends a session with words for the application; in the middle of a message there is no place for any. */
export function sendAway({ application, server, activity }: Session): void {
  if (activity.isBetween()) application.end(fatal(shutDown));
  else application.destroySoon();
  if (activity.isIdle()) server.end(terminate);
  else server.destroy();
}

/** Asks the server to cancel what the session runs, as libpq does: over TLS like the session. Resolves when the server has closed. Rejects with a Refusal. */
export async function cancel(session: Session, source: Source, signal: AbortSignal): Promise<void> {
  const { key, address } = session;
  if (key === undefined) return;
  const server = await dial({ upstream: source.upstream, trust: await source.trust(), address, signal });
  const cut = (): void => void server.destroy();
  signal.addEventListener("abort", cut, { once: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.once("close", resolve).resume();
  server.end(packet(int32(requestCodes.cancel), key));
  await promise.finally(() => signal.removeEventListener("abort", cut));
}
