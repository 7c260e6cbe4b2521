import type { ConnectionOptions } from "node:tls";
import { RotateError, type Secret } from "@rotate/plugin-kit";
import type { Client } from "pg";

/** Where to log in, and as whom. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Absent: the server is to let us in without one (peer, a certificate). */
  readonly password: Secret | undefined;
  /** false: no TLS. */
  readonly ssl: ConnectionOptions | false;
  /** Milliseconds until the server must have let us in. */
  readonly connectTimeout: number;
  readonly signal: AbortSignal;
}

/** A session that is let in. */
export interface Admitted {
  readonly client: Client;
  /** Did the server ask for the password? */
  readonly asked: boolean;
}

/**
 * Logs in, does the work, leaves. Rejects with what pg or the system said, or with a RotateError: INVALID when the server wants the password in a form
 * that a listener could use and the connection is not encrypted (it is not sent then), or wants one and there is none.
 */
export async function inSession<T>(connection: Connection, work: (session: Admitted) => Promise<T>): Promise<T> {
  connection.signal.throwIfAborted();
  const { Client: PgClient } = await import("pg");
  const gate = createPasswordGate(connection);
  const { host, port, database, user, ssl, connectTimeout } = connection;
  const client = new PgClient({
    host,
    port,
    database,
    user,
    ssl,
    application_name: "rotate",
    connectionTimeoutMillis: connectTimeout,
    password: gate.password,
  });
  gate.watch(client);
  return withClient(client, connection.signal, async () => {
    await client.connect();
    return work({ client, asked: gate.wasAsked() });
  });
}

async function withClient<T>(client: Client, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const cut = (): void => void client.connection.stream.destroy();
  signal.addEventListener("abort", cut, { once: true });
  // What breaks the connection also rejects the call that is under way; without a listener it would end the process as well.
  client.on("error", cut);
  try {
    const done = await work();
    await client.end();
    return done;
  } finally {
    signal.removeEventListener("abort", cut);
    cut();
  }
}

interface PasswordGate {
  /** What pg calls when the server has asked. */
  readonly password: () => string;
  /** To be called before the client connects: listeners are told in the order in which they came. */
  readonly watch: (client: Client) => void;
  readonly wasAsked: () => boolean;
}

/** Authentication requests whose answer is worth as much as the password: itself, or (MD5) a hash that can be searched at leisure. SCRAM gives nothing away. */
const tellingRequests = ["authenticationCleartextPassword", "authenticationMD5Password"];

function createPasswordGate({ password, ssl }: Connection): PasswordGate {
  let asked = false;
  let telling = false;
  return {
    password() {
      asked = true;
      if (password === undefined) throw noneGiven();
      if (telling && ssl === false) throw notInClear();
      return password.reveal();
    },
    watch(client) {
      for (const request of tellingRequests) client.connection.once(request, () => void (telling = true));
    },
    wasAsked: () => asked,
  };
}

function notInClear(): RotateError {
  return new RotateError("the server wants a readable password on a connection without TLS, so none was sent", {
    code: "INVALID",
    retryable: false,
    hint: "set tls: verify-full",
  });
}

function noneGiven(): RotateError {
  return new RotateError("the server asks for a password, and none is given", {
    code: "INVALID",
    retryable: false,
    hint: "give password a reference, or let pg_hba.conf know this user by peer or cert",
  });
}
