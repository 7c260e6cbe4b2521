import { isIP } from "node:net";
import { isRotateError, RotateError, spokenRefusal } from "@rotate/plugin-kit";
import { encryption } from "@rotate/plugin-kit/databases";
import type { RedisContext } from "./options.ts";
import { serverRefusals, systemRefusals } from "./refusals.ts";
import { rightsOf } from "./setup.ts";

/** Sends one command and gives its reply. */
export type Ask = (...words: readonly string[]) => Promise<unknown>;

/** What a call on one server is. */
export interface Visit {
  /** `host:port`. */
  readonly node: string;
  /** The name of the connection, answered for before the first command: by it another process can end it. */
  readonly name?: string;
}

/** Logs in to one server, does the work, leaves. Throws a RotateError by the tables of what servers refuse. */
export async function onNode<T>(
  ctx: RedisContext,
  { node, name = "rotate" }: Visit,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const { signal, options } = ctx;
  signal.throwIfAborted();
  const [{ createClient }, password, socket] = await Promise.all([
    import("@redis/client"),
    ctx.resolve(options.password),
    socketOf(ctx, node),
  ]);
  const client = createClient({
    username: options.user,
    password: password.reveal(),
    name,
    RESP: 3,
    socket,
    disableOfflineQueue: true,
    disableClientInfo: true,
  });
  // What breaks the connection also rejects the command that is under way; without a listener it would end the process as well.
  client.on("error", () => undefined);
  const cut = (): void => client.destroy();
  signal.addEventListener("abort", cut, { once: true });
  try {
    await client.connect();
    return await work((...words) => client.sendCommand([...words]));
  } catch (error) {
    throw explain(error, { ctx, node });
  } finally {
    signal.removeEventListener("abort", cut);
    if (client.isOpen) cut();
  }
}

async function socketOf({ options, readFile }: RedisContext, node: string) {
  const [, host = "", port = ""] = /^\[?(.+?)\]?:(\d+)$/.exec(node) ?? [];
  const place = { host, port: Number(port), connectTimeout: options.connectTimeout, reconnectStrategy: false } as const;
  const secured = await encryption(options, { readFile });
  if (secured === false) return place;
  // An address is no name that can be asked for (RFC 6066 §3); the certificate is held to it all the same.
  return { ...place, ...secured, tls: true, ...(isIP(host) === 0 && { servername: host }) } as const;
}

function explain(error: unknown, { ctx, node }: { readonly ctx: RedisContext; readonly node: string }): RotateError {
  if (isRotateError(error)) return error;
  if (ctx.signal.aborted) return stopped(node);
  const { name, words, code } = partsOf(error);
  const { user } = ctx.options;
  if (name === "SimpleError" || name === "BlobError") {
    const advice = `let an administrator run, on ${node}: ${rightsOf(ctx.options)}`;
    return spokenRefusal(serverRefusals, { message: `${node} refused ${user}: ${words}`, said: words, advice });
  }
  return spokenRefusal(systemRefusals, { message: `${node} cannot be reached: ${words}`, said: `${code}: ${words}` });
}

function partsOf(error: unknown): { readonly name: string; readonly words: string; readonly code: string } {
  if (!(error instanceof Error)) return { name: "", words: String(error), code: "" };
  const { name } = error.constructor;
  return { name, words: clean(error.message), code: "code" in error ? String(error.code) : name };
}

/** One line without a full stop, which cannot draw on a terminal. */
function clean(text: string): string {
  const line = text
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .replace(/\.$/, "");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function stopped(node: string): RotateError {
  const hint = "see whether the server hangs in a long command";
  return new RotateError(`${node} was not done in time`, { code: "TIMEOUT", retryable: true, hint });
}
