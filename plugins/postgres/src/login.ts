import type { ConnectionOptions } from "node:tls";
import { RotateError, type Secret } from "@rotate/plugin-kit";
import type { Client } from "pg";

/** One login. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  /** false: no TLS. */
  readonly ssl: ConnectionOptions | false;
  readonly query: string;
  /** Milliseconds until the server must have let us in. */
  readonly connectTimeout: number;
  readonly signal: AbortSignal;
}

/**
 * Logs in, runs the query, leaves. Rejects with what pg or the system said, or with a RotateError: INVALID when the server wants the password in a form
 * that a listener could use and the connection is not encrypted (it is not sent then), FAILED when the server asked for no password.
 */
export async function logInAndQuery(login: Login): Promise<void> {
  login.signal.throwIfAborted();
  const { Client: PgClient } = await import("pg");
  const gate = createPasswordGate(login);
  const client = new PgClient({
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    ssl: login.ssl,
    application_name: "rotate",
    connectionTimeoutMillis: login.connectTimeout,
    password: gate.password,
  });
  gate.watch(client);
  await withClient(client, login.signal, async () => {
    await client.connect();
    gate.checkAsked();
    await client.query(login.query);
  });
}

async function withClient(client: Client, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const cut = (): void => void client.connection.stream.destroy();
  signal.addEventListener("abort", cut, { once: true });
  // What breaks the connection also rejects the call that is under way; without a listener it would end the process as well.
  client.on("error", cut);
  try {
    await work();
    await client.end();
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
  readonly checkAsked: () => void;
}

/** Authentication requests whose answer is worth as much as the password: itself, or (MD5) a hash that can be searched at leisure. SCRAM gives nothing away. */
const tellingRequests = ["authenticationCleartextPassword", "authenticationMD5Password"];

function createPasswordGate({ password, ssl }: Login): PasswordGate {
  let asked = false;
  let telling = false;
  return {
    password() {
      asked = true;
      if (telling && ssl === false) throw notInClear();
      return password.reveal();
    },
    watch(client) {
      for (const request of tellingRequests) client.connection.once(request, () => void (telling = true));
    },
    checkAsked() {
      if (!asked) throw notAsked();
    },
  };
}

function notInClear(): RotateError {
  return new RotateError("the server wants a readable password on a connection without TLS, so none was sent", {
    code: "INVALID",
    retryable: false,
    hint: "set tls: verify-full",
  });
}

function notAsked(): RotateError {
  return new RotateError("the server let us in without a password, which proves nothing of the credential", {
    code: "FAILED",
    retryable: false,
    hint: "let pg_hba.conf ask this user for a password (scram-sha-256) instead of trust, peer or cert",
  });
}
