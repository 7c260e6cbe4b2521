import { isIP } from "node:net";
import { invalid, isRotateError, RotateError, spokenRefusal, type Secret } from "@rotate/plugin-kit";
import { encryption } from "@rotate/plugin-kit/databases";
import type { Connection, ConnectionOptions } from "mysql2/promise";
import type { UserContext } from "./options.ts";
import { serverRefusals, systemRefusals } from "./refusals.ts";

/** A login for the time of one call. */
export interface Server {
  /** Runs a statement; gives its rows, where it has some. */
  readonly ask: <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  /** A text as it stands in a statement. */
  readonly text: (text: string) => string;
  readonly name: (text: string) => string;
  /** Takes a lock by name; it is ours until the connection is over. Throws CONFLICT when another connection keeps it. */
  readonly lock: (what: string, seconds?: number) => Promise<void>;
}

/** Whoever asks whether a mint made something takes the lock of its lease, which the mint has from before its first statement until its last is done. s */
const patience = 20;

/** @param secrets what was made in this call and no text of the server may show. Throws a RotateError by the tables of what servers refuse; `advice` is for rights that are missing */
export async function onServer<T>(
  ctx: UserContext,
  work: (server: Server) => Promise<T>,
  { secrets = [], advice }: { readonly secrets?: readonly Secret[]; readonly advice?: string } = {},
): Promise<T> {
  const { options, signal } = ctx;
  signal.throwIfAborted();
  const password = options.password && (await ctx.resolve(options.password));
  const connection = { ...(await placeOf(ctx)), ...(password !== undefined && { password: password.reveal() }) };
  const { createConnection } = await import("mysql2/promise");
  let client: Connection | undefined;
  const { promise: stop, reject } = Promise.withResolvers<never>();
  // What is under way on a connection that is destroyed never ends by itself.
  const cut = (): void => reject(new Error("cut off"));
  stop.catch(() => client?.destroy());
  signal.addEventListener("abort", cut, { once: true });
  async function whole(): Promise<T> {
    client = await createConnection(connection);
    client.on("error", cut);
    if (signal.aborted) client.destroy();
    const done = await work(serverOf(client));
    await client.end();
    return done;
  }
  try {
    return await Promise.race([whole(), stop]);
  } catch (error) {
    throw explain(error, { ctx, advice, secrets: password === undefined ? secrets : [password, ...secrets] });
  } finally {
    signal.removeEventListener("abort", cut);
    client?.destroy();
  }
}

async function placeOf(ctx: UserContext): Promise<ConnectionOptions> {
  const { host, port, user, connectTimeout } = ctx.options;
  const rest = { user, connectTimeout, multipleStatements: false };
  if (host.startsWith("/")) return { ...rest, socketPath: host };
  const secured = await encryption(ctx.options, { readFile: ctx.readFile });
  const { ca, rejectUnauthorized = true } = secured === false ? {} : secured;
  if (secured !== false && rejectUnauthorized && isIP(host) !== 0) throw addressUnchecked(host);
  return {
    ...rest,
    host,
    port,
    ...(secured !== false && {
      ssl: { rejectUnauthorized, verifyIdentity: rejectUnauthorized, ...(typeof ca === "string" && { ca }) },
    }),
  };
}

/** The client library holds a certificate to a name alone, and one that it reaches by an address to `localhost`. */
function addressUnchecked(host: string): RotateError {
  return invalid(
    `tls: verify-full holds the server's certificate to a name, and ${host} is an address`,
    "let host be the name that is in the certificate",
  );
}

function serverOf(client: Connection): Server {
  async function ask<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const [rows] = await client.query(sql, [...values]);
    return Array.isArray(rows) ? (rows as unknown as readonly Row[]) : [];
  }
  async function lock(what: string, seconds = patience): Promise<void> {
    const [row] = await ask<{ got: number | null }>("select get_lock(?, ?) as got", [`rotate:${what}`, seconds]);
    if (row?.got === 1) return;
    throw new RotateError("another connection holds the lock of this lease", {
      code: "CONFLICT",
      retryable: true,
      noEffect: true,
      hint: "a mint, or a look at one, is still under way on the server: the next try may not meet it",
    });
  }
  return { ask, lock, text: (text) => client.escape(text), name: (text) => `\`${text.replaceAll("`", "``")}\`` };
}

interface About {
  readonly ctx: UserContext;
  readonly secrets: readonly Secret[];
  readonly advice: string | undefined;
}

function explain(
  error: unknown,
  { ctx, secrets, advice = "`rotate plan` names the GRANT that is missing" }: About,
): RotateError {
  if (isRotateError(error)) return error;
  const { host, port, user } = ctx.options;
  const address = host.startsWith("/") ? host : `${host}:${port}`;
  if (ctx.signal.aborted) return stopped(address);
  const words = clean(error instanceof Error ? error.message : String(error), secrets);
  const errno = error instanceof Error && "sqlState" in error && "errno" in error ? String(error.errno) : undefined;
  if (errno !== undefined)
    return spokenRefusal(serverRefusals, {
      message: `${address} refused ${user}: ${words} (${errno})`,
      said: `${errno}: ${words}`,
      advice,
    });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return spokenRefusal(systemRefusals, {
    message: `${address} cannot be reached: ${words}${code === "" ? "" : ` (${code})`}`,
    said: `${code}: ${words}`,
  });
}

function stopped(address: string): RotateError {
  const hint = "see whether the server is slow, or a statement waits for a lock there";
  return new RotateError(`${address} was not done in time`, { code: "TIMEOUT", retryable: true, hint });
}

/** One line, which cannot show a password or draw on a terminal. */
function clean(text: string, secrets: readonly Secret[]): string {
  const hidden = secrets.reduce((shown, secret) => shown.replaceAll(secret.reveal(), "[secret]"), text);
  const line = hidden
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .replace(/\.$/, "");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** The number of what the server refused; undefined when it was something else. */
export function errnoOf(error: unknown): number | undefined {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : undefined;
}
