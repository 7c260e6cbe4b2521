import { EngineError } from "../engine-error.ts";

/** SQLSTATE classes and codes (postgresql.org/docs/current/errcodes-appendix.html). */
const refusedLogin = ["28000", "28P01"];
const noRight = "42501";
const unprepared = ["42P01", "3F000", "42703", "42883"];
const noDatabase = "3D000";
/** The server goes down, is not up yet, has no place for one more, or ended the session for its age. */
const away = ["57P01", "57P02", "57P03", "57P05", "53300", "25P02", "25P03", "25P04"];
const retried = ["40P01", "40001", "55P03", "57014"];

/** An error met at the database of the shared state, with what to do. What has nothing to do with it is given back as it is. */
export function databaseError(place: string, error: unknown): unknown {
  if (error instanceof EngineError) return error;
  const { code, message = "" } = error as { readonly code?: string; readonly message?: string };
  const told = { place, message, cause: error };
  // pg itself gives no code: a connection ended, or did not come about in time.
  if (code === undefined || isAway(code)) return unreachable(told);
  if (!isSqlState(code))
    return problem("the connection is not to be trusted", {
      code: "ROTATE_STATE_UNUSABLE",
      ...told,
      hint: "off this machine the server's certificate is checked: give its authority with `?sslrootcert=PATH` in `state.url`",
    });
  if (refusedLogin.includes(code))
    return problem("the database refuses the login", {
      code: "ROTATE_STATE_DENIED",
      ...told,
      hint: "is the password in `state.url` still right, and may this role log in? The reference is read anew at each connection",
    });
  if (code === noRight)
    return problem("this role has not the rights that it needs", {
      code: "ROTATE_STATE_DENIED",
      ...told,
      hint: "its owner gives them by `rotate state init --worker ROLE`, or `--reader ROLE` for one that only looks",
    });
  if (code === noDatabase)
    return problem("there is no such database", {
      code: "ROTATE_STATE_UNUSABLE",
      ...told,
      hint: "create it, or correct `state.url`",
    });
  if (unprepared.includes(code)) return notPrepared(place, error);
  if (retried.includes(code))
    return problem("another session was in the way for too long", {
      code: "ROTATE_STATE_UNREACHABLE",
      ...told,
      hint: "it is tried again",
    });
  return problem(`the database says ${code}`, { code: "ROTATE_STATE_UNUSABLE", ...told, hint: "see its log" });
}

/** Is it that nobody answers, and not that the answer is no? */
export function isUnreachable(error: unknown): error is EngineError {
  return error instanceof EngineError && error.code === "ROTATE_STATE_UNREACHABLE";
}

/** Tables are missing, or are those of an earlier rotate. */
export function notPrepared(place: string, cause?: unknown): EngineError {
  return new EngineError(`the database ${place} is not prepared for rotate`, {
    code: "ROTATE_STATE_UNPREPARED",
    exitCode: 6,
    hint: "run `rotate state init`, as a role that may create schemas, or `rotate state upgrade` where an earlier rotate was; with another `schema:` in the spec look for it there",
    cause,
  });
}

/** What is reached takes statements and no transactions. */
export function noTransactions(place: string, cause: Error): EngineError {
  return problem("the pooler before it takes no transactions", {
    code: "ROTATE_STATE_UNUSABLE",
    place,
    message: cause.message,
    cause,
    hint: "set `pool_mode` of PgBouncer to `transaction` or `session`, or let `state.url` name the database itself",
  });
}

function isAway(code: string): boolean {
  return (/^E[A-Z]+$/.test(code) && !code.startsWith("ERR")) || code.startsWith("08") || away.includes(code);
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}

interface Told {
  readonly place: string;
  readonly message: string;
  readonly cause: unknown;
}

function unreachable({ place, message, cause }: Told): EngineError {
  return new EngineError(`the database ${place} does not answer: ${message}`, {
    code: "ROTATE_STATE_UNREACHABLE",
    exitCode: 6,
    hint: "is it up, and does `state.url` name it? Until it answers nothing new is minted or revoked; what is held stays as it is",
    cause,
  });
}

function problem(
  what: string,
  { code, place, message, cause, hint }: Told & { readonly code: string; readonly hint: string },
): EngineError {
  return new EngineError(`cannot use the state in ${place}: ${what} (${message})`, { code, exitCode: 6, hint, cause });
}
