import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { unavailable, type Answer, type Credential, type Source } from "./credential.ts";

/** How long one question for a change waits. s */
const pollTime = 30;

/** The `http` endpoint of a running watch. @param socket path of its Unix socket @param name of the rotation */
export function socketSource(socket: string, name: string): Source {
  const path = `/v1/credentials/${encodeURIComponent(name)}`;
  return {
    async ask(refused, signal) {
      const query = refused === undefined ? "" : `?refused=${encodeURIComponent(refused)}`;
      const { status, body } = await get({ socket, path: path + query, signal, isBackground: false });
      if (status === 200) return answerOf(body);
      throw unavailable(`${name}: ${messageOf(body) ?? `rotate answered ${status}`} (${socket})`);
    },
    async next(known, signal) {
      const query = `?after=${encodeURIComponent(known)}&wait=${pollTime}`;
      const { status, body } = await get({ socket, path: path + query, signal, isBackground: true });
      if (status === 200) return answerOf(body);
      if (status === 304) return undefined;
      throw unavailable(`${name}: rotate answered ${status} (${socket})`);
    },
  };
}

interface Question {
  readonly socket: string;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Nobody waits for it: the process may end. */
  readonly isBackground: boolean;
}

async function get({ socket, path, signal, isBackground }: Question): Promise<{ status: number; body: string }> {
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asking = request({ socketPath: socket, path, headers: { host: "rotate" }, agent: false, signal }, resolve);
      asking.on("error", reject);
      if (isBackground) asking.on("socket", (connection) => connection.unref());
      asking.end();
    });
    let body = "";
    for await (const chunk of answer.setEncoding("utf8")) body += String(chunk);
    return { status: answer.statusCode ?? 0, body };
  } catch (error) {
    throw unavailable(
      `rotate does not answer on ${socket}: ${(error as Error).message}; is \`rotate watch\` running?`,
      error,
    );
  }
}

function answerOf(body: string): Answer {
  const { fields, fingerprint, issuedAt, expiresAt, previous, remainingMs } = JSON.parse(body) as Credential & {
    readonly remainingMs?: number;
  };
  const credential = {
    fields,
    fingerprint,
    issuedAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(previous && { previous }),
  };
  return { credential, remaining: remainingMs ?? Infinity };
}

function messageOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { readonly error?: { readonly message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}
