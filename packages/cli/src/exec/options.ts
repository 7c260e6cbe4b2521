import { constants } from "node:os";
import { durationValue } from "../flag-values.ts";
import { UsageError } from "../failure.ts";
import { readHealth, type Health } from "./health.ts";
import { readListen, type ListenAddress } from "./listen.ts";

/** As typed. */
export interface ExecFlags {
  readonly "on-rotate": string;
  readonly health?: string | undefined;
  readonly "health-within"?: string | undefined;
  readonly "stop-signal"?: string | undefined;
  readonly "stop-within"?: string | undefined;
  readonly listen?: readonly string[] | undefined;
  readonly "credentials-directory"?: boolean;
  readonly "min-remaining"?: string | undefined;
  readonly "revoke-on-exit"?: boolean;
  readonly endpoints?: boolean;
  readonly "port-env"?: string | undefined;
}

/** What becomes of the command when a credential was replaced. */
export type OnRotate =
  | { readonly kind: "none" | "restart" | "swap" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals };

/** What was asked for, read. Durations in ms. */
export interface ExecOptions {
  readonly onRotate: OnRotate;
  readonly health: Health | undefined;
  readonly healthWithin: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopWithin: number;
  readonly listen: readonly ListenAddress[];
  readonly directory: boolean;
  readonly minRemaining: number;
  readonly revoke: boolean;
  /** Are the endpoints of the rotations opened, and told to the command? */
  readonly endpoints: boolean;
  /** The variable that tells each command its own port, behind the one address of `listen`. */
  readonly portEnv: string | undefined;
}

/** Reads the flags. Throws UsageError, also for those that do not go together. */
export function readOptions(flags: ExecFlags): ExecOptions {
  const onRotate = readOnRotate(flags["on-rotate"]);
  const health = flags.health === undefined ? undefined : readHealth(flags.health);
  const listen = (flags.listen ?? []).map(readListen);
  const portEnv = flags["port-env"];
  refusePort(portEnv, listen);
  refuseBlindSwap(onRotate, health, portEnv !== undefined);
  return {
    onRotate,
    health,
    listen,
    healthWithin: durationValue("health-within", flags["health-within"]) ?? 60_000,
    stopSignal: readSignal("--stop-signal", flags["stop-signal"] ?? "TERM"),
    stopWithin: durationValue("stop-within", flags["stop-within"]) ?? 30_000,
    directory: flags["credentials-directory"] === true,
    minRemaining: durationValue("min-remaining", flags["min-remaining"]) ?? 0,
    revoke: flags["revoke-on-exit"] === true,
    endpoints: flags.endpoints !== false,
    portEnv,
  };
}

function readOnRotate(text: string): OnRotate {
  if (text === "none" || text === "restart" || text === "swap") return { kind: text };
  const [kind, name = "", ...more] = text.split(":");
  if (kind === "signal" && more.length === 0) return { kind, signal: readSignal("--on-rotate signal", name) };
  throw new UsageError(`--on-rotate ${text} is none of none, signal:NAME, restart and swap`);
}

function readSignal(where: string, text: string): NodeJS.Signals {
  const name = (text.startsWith("SIG") ? text : `SIG${text}`) as NodeJS.Signals;
  if (Object.hasOwn(constants.signals, name)) return name;
  throw new UsageError(`${where}: ${text} is no signal`, "write it like HUP or SIGHUP");
}

/** A new command that cannot be told from the old one is not known to be healthy. */
function refuseBlindSwap({ kind }: OnRotate, health: Health | undefined, isAlone: boolean): void {
  if (kind !== "swap") return;
  if (health === undefined)
    throw new UsageError(
      "--on-rotate swap needs --health: the old command is ended when the new one is healthy",
      "name a URL that answers with the header Rotate-Generation, or exec:COMMAND",
    );
  if (health.kind === "tcp" && !isAlone)
    throw new UsageError(
      "--health tcp: tells nothing of a new command: the old one may be the one that answers",
      "name a URL that answers with the header Rotate-Generation, or exec:COMMAND",
    );
}

function refusePort(name: string | undefined, listen: readonly ListenAddress[]): void {
  if (name === undefined) return;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new UsageError(`--port-env ${name} is no name of a variable`);
  if (listen.length !== 1)
    throw new UsageError(
      "--port-env needs one --listen",
      "name the address where rotate listens in front of the command",
    );
}
