import type { Infer, Schema } from "./schema.ts";
import type { Secret, SecretRef } from "./secret.ts";

/** All that a plugin may touch. Functions, so that `{ options, http }` can be taken apart in the parameter list. Each call gets its own; do not keep it. */
export interface Context<Options = unknown> {
  readonly options: Options;
  /** Aborts at the call's time limit and at shutdown. `http`, `exec` and `sleep` obey it by themselves. */
  readonly signal: AbortSignal;
  readonly http: Http;
  readonly exec: Exec;
  readonly log: Log;
  /** Wall clock, milliseconds since 1970. The only clock a plugin reads. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** The environment of the process. Never what one of our sinks wrote: reading an `.env` file is not a plugin's business. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a secret option, anew each time. Throws NOT_FOUND when the reference leads nowhere, INVALID when it is empty. */
  readonly resolve: (ref: SecretRef) => Promise<Secret>;
  /**
   * Reads a small text file, whole and as it is; links are followed, as secret mounts have them. Throws NOT_FOUND, DENIED, INVALID (no regular file, no UTF-8
   * text, too large) or UNAVAILABLE, naming the file and never a line of it. What it gives may be secret: wrap it.
   */
  readonly readFile: ReadFile;
  /** Wraps a secret that came off the wire and masks it from this moment on. `name` is shown in its place. */
  readonly secret: (text: string, name?: string) => Secret;
  /**
   * One line, unmasked, for a program that reads what we print and acts on it, as the runner of a CI job does: it goes to standard error, before anything
   * that is written later. Absent where nobody would read it, so that a secret never lands in a file by this way.
   */
  readonly announce?: (line: Text) => void;
}

/** See `Context.readFile`. `path` is absolute. */
export type ReadFile = (path: string, init?: ReadInit) => Promise<string>;

/** How a file is spoken of, and how large it may be. */
export interface ReadInit {
  /** What the file is, for messages: `token file`. Default `file`. */
  readonly what?: string;
  /** What to do when it is not there. */
  readonly hint?: string;
  /** A larger file is refused. Default 1 MiB. */
  readonly maxBytes?: number;
}

/** A static message and fields. Everything passes the masker. */
export type Log = Readonly<
  Record<"debug" | "info" | "warn", (message: string, fields?: Readonly<Record<string, unknown>>) => void>
>;

/** What may be secret. */
export type Text = string | Secret;

/** One request: no redirects, answers up to 1 MiB unless `maxAnswer` says otherwise, proxy from the environment. Throws UNAVAILABLE or TIMEOUT when there is no answer; any status is an answer. */
export type Http = (url: string | URL, init?: HttpInit) => Promise<HttpAnswer>;

/** What a request carries. What is `undefined` inside `query`, `headers` or `form` is left out. */
export interface HttpInit {
  /** Default GET, or POST when there is a body. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, Text | undefined>>;
  /** `Authorization: Bearer …`; instead of `basic`, and of a user in the URL. A header `authorization` overrides all three. */
  readonly bearer?: Secret;
  readonly basic?: { readonly username: string; readonly password: Secret };
  /** One body at most: `json`, `form` or `body`. Secrets inside are revealed on the wire only. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, Text | undefined>>;
  readonly body?: Text;
  readonly tls?: TlsOptions;
  /** A Unix domain socket to speak to instead of the URL's host. */
  readonly socketPath?: string;
  /** `http://` or `https://` URL of a proxy to go through, in place of the environment's. False: none, for services of this very machine such as a cloud's metadata service. */
  readonly proxy?: string | false;
  /** The largest answer taken, bytes; default 1 MiB. */
  readonly maxAnswer?: number;
  /** Refuses (INVALID) an address that is link-local or a cloud's metadata service, also behind a name: looked at after DNS, and that very address is connected to. For URLs that others may choose. */
  readonly refuseLinkLocal?: boolean;
  /** Milliseconds; default 30 s, never past `signal`. */
  readonly timeout?: number;
}
/** PEM texts. `ca` replaces the system's authorities. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  readonly serverName?: string;
}

/** What came back, whatever the status: a plugin decides what a failure is, mostly by `httpError` or a table of refusals. */
export interface HttpAnswer {
  readonly status: number;
  /** 200 to 299. */
  readonly ok: boolean;
  /** By name, in any case; several of one name are joined by commas. */
  readonly headers: Pick<Headers, "get" | "has">;
  /** The whole body, decoded as UTF-8. */
  readonly text: () => string;
  /** The body, checked against `schema`: anything else is a BAD_ANSWER that shows the shape, never the content. */
  readonly json: <const S extends Schema>(schema: S) => Infer<S>;
  /** The same, or undefined: for error bodies, which may be anything. */
  readonly tryJson: <const S extends Schema>(schema: S) => Infer<S> | undefined;
  /** `Retry-After`, seconds or date, in milliseconds. */
  readonly retryAfter: number | undefined;
}

/** Runs a command without a shell. Secrets go by `stdin` or `env`; argv takes none. Any exit code is an answer; throws NOT_FOUND when the command is missing, TIMEOUT when it hangs. */
export type Exec = (argv: readonly [string, ...string[]], init?: ExecInit) => Promise<ExecAnswer>;

/** What a command gets besides its arguments. */
export interface ExecInit {
  readonly stdin?: Text;
  /** Added to a scrubbed environment. */
  readonly env?: Readonly<Record<string, Text | undefined>>;
  /** Default: the directory that rotate runs in. */
  readonly cwd?: string;
  /** Milliseconds; default 30 s, never past `signal`. The whole process group is killed. */
  readonly timeout?: number;
  /**
   * What becomes of more than 1 MiB on standard output. `refuse`, the default: as an answer it is too much, the command is ended and BAD_ANSWER thrown. `drop`:
   * only people read it, the command goes on and the last of it is kept, as it always is of standard error.
   */
  readonly excess?: "refuse" | "drop";
}
/** Each stream up to 1 MiB; of more, the last. `stdout` may hold secrets: wrap them before they go anywhere. */
export interface ExecAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
