import { RotateError, type Secret } from "@rotate/plugin-kit";
import { inSession, type Connection } from "./session.ts";

/** One login, and what has to succeed after it. */
export interface Login extends Connection {
  readonly password: Secret;
  readonly query: string;
}

/**
 * Logs in, runs the query, leaves. Rejects as `inSession` does, and with FAILED when the server asked for no password.
 */
export async function logInAndQuery(login: Login): Promise<void> {
  await inSession(login, async ({ client, asked }) => {
    if (!asked) throw notAsked();
    await client.query(login.query);
  });
}

function notAsked(): RotateError {
  return new RotateError("the server let us in without a password, which proves nothing of the credential", {
    code: "FAILED",
    retryable: false,
    hint: "let pg_hba.conf ask this user for a password (scram-sha-256) instead of trust, peer or cert",
  });
}
