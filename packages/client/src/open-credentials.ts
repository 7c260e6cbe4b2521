import { EventEmitter } from "node:events";
import { unavailable, type Credential } from "./credential.ts";
import { engineSource, type CredentialEngine } from "./engine-source.ts";
import { createKeeper, type Surroundings } from "./keeper.ts";
import { socketSource } from "./socket-source.ts";

/** Which credential, and where it is asked for. */
export interface CredentialsOptions {
  /** The rotation. */
  readonly name: string;
  /** The Unix socket of a `serve` entry of type `http`. Default: the environment variable `ROTATE_SOCKET`. */
  readonly socket?: string;
  /** Instead of a socket: an engine of this process, which mints by itself. */
  readonly engine?: CredentialEngine;
  /** The field that `password` gives. Default: `password`, `token`, or the only one. */
  readonly field?: string;
  /** Milliseconds that must be left, else it is asked for again. Default 60,000. */
  readonly minRemaining?: number;
  /** Milliseconds to wait for an answer. Default 10,000. */
  readonly timeout?: number;
}

/** The credentials of one rotation. */
export interface Credentials {
  /**
   * The one to be used now. With `refused` (a credential, or its fingerprint) that a server just said no to: another one, which is minted for it. Throws an Error with
   * `code: "ROTATE_UNAVAILABLE"` when there is none.
   */
  readonly current: (refused?: Credential | string) => Promise<Credential>;
  /** What drivers take as `password`: a function that is called for each connection. */
  readonly password: () => Promise<string>;
  /** `change`: another one is in use. Listening asks for the first by itself. */
  readonly on: (event: "change", listener: (credential: Credential) => void) => void;
  readonly off: (event: "change", listener: (credential: Credential) => void) => void;
  /** Asks nothing any more. A program may also just end: nothing here keeps it alive. */
  readonly close: () => void;
}

const usualRemaining = 60_000;
const usualTimeout = 10_000;

/** Opens the credentials of a rotation; asks nobody before they are wanted. Throws when it is not said where to ask. */
export function openCredentials(options: CredentialsOptions, around: Surroundings = machine): Credentials {
  const { name, field, minRemaining = usualRemaining, timeout = usualTimeout } = options;
  const ending = new AbortController();
  const events = new EventEmitter<{ change: [Credential] }>();
  const onChange = (credential: Credential): void => void events.emit("change", credential);
  const keeperOptions = { minRemaining, timeout, onChange, signal: ending.signal };
  const keeper = createKeeper(sourceOf(options, minRemaining), keeperOptions, around);

  async function current(refused?: Credential | string): Promise<Credential> {
    if (ending.signal.aborted) throw unavailable(`the credentials of ${name} were closed`);
    return keeper(typeof refused === "object" ? refused.fingerprint : refused);
  }
  return {
    current,
    password: async () => fieldOf((await current()).fields, { name, field }),
    on(event, listener) {
      events.on(event, listener);
      current().catch(() => undefined); // who asks is told what is wrong
    },
    off: (event, listener) => void events.off(event, listener),
    close: () => ending.abort(new Error("closed")),
  };
}

function sourceOf({ name, engine, socket = process.env["ROTATE_SOCKET"] }: CredentialsOptions, minRemaining: number) {
  if (engine !== undefined) return engineSource(engine, name, minRemaining);
  if (socket !== undefined && socket !== "") return socketSource(socket, name);
  throw unavailable(`${name}: say where rotate answers: \`socket\`, or ROTATE_SOCKET in the environment`);
}

function fieldOf(
  fields: Credential["fields"],
  { name, field }: { readonly name: string; readonly field: string | undefined },
): string {
  const names = Object.keys(fields);
  const chosen =
    field ?? ["password", "token"].find((one) => one in fields) ?? (names.length === 1 ? names[0] : undefined);
  const text = chosen === undefined ? undefined : fields[chosen];
  if (text !== undefined) return text;
  throw unavailable(`${name} has the fields ${names.join(", ")}: say which \`field\` is the password`);
}

const machine: Surroundings = {
  monotonic: () => performance.now(),
  random: Math.random,
  rest: (milliseconds, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      timer.unref();
      signal.addEventListener("abort", () => resolve(), { once: true });
    }),
};
