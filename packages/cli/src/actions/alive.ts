import { exitWith, type ActionInput } from "../action.ts";
import { readAddress, urlOf, type Address } from "../views/address.ts";

/** `rotate alive --json`. */
export interface AliveReport {
  readonly version: 1;
  /** What was asked holds: it lives, or is started. */
  readonly alive: boolean;
  /** Why not. */
  readonly reason?: string;
}

/** ms: a health check is asked every few seconds, and one that waits is one that failed. */
const patience = 3000;

/** `started`: is every credential there? */
export interface AliveFlags {
  readonly started?: boolean;
}

/** `rotate alive`: what `/livez`, or `/startupz`, says, as an exit code. */
export async function alive(input: ActionInput<AliveFlags, { readonly address: string }>): Promise<AliveReport> {
  const { args, flags, json, terminal } = input;
  const address = readAddress("listen-health", args.address);
  const { route, word } = flags.started === true ? started : living;
  const reason = await troubleOf(address, route);
  const place = urlOf(address, "http");
  if (!json && reason === undefined) terminal.out(`the watch at ${place} is ${word}`);
  if (!json && reason !== undefined) terminal.err(`the watch at ${place} is not ${word}: ${reason}`);
  exitWith(reason === undefined ? 0 : 1);
  return { version: 1, alive: reason === undefined, ...(reason !== undefined && { reason }) };
}

const living = { route: "/livez", word: "alive" };
const started = { route: "/startupz", word: "started" };

/** What keeps it from being alive; undefined when it is. */
function troubleOf({ host, port }: Address, path: string): Promise<string | undefined> {
  const { request } = process.getBuiltinModule("node:http");
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const asking = request({ host, port, path, agent: false, signal: AbortSignal.timeout(patience) }, (answer) => {
    answer.resume();
    answer.on("error", () => undefined); // told at the close
    answer.on("close", () => resolve(answer.complete ? troubleWith(answer.statusCode) : "its answer was cut off"));
  });
  asking.on("error", ({ name, message }) =>
    resolve(name === "AbortError" || name === "TimeoutError" ? `no answer within ${patience / 1000} s` : message),
  );
  asking.end();
  return promise;
}

function troubleWith(status: number | undefined): string | undefined {
  return status === 200 ? undefined : `it answers ${status}`;
}
