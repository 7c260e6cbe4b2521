import { connect } from "node:net";
import { sleepOrWake, type Runtime } from "@rotate/core";
import { UsageError } from "../failure.ts";

/** How it is known that a command works. */
export type Health =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "exec"; readonly command: string };

/** Reads `--health`. Throws UsageError. */
export function readHealth(text: string): Health {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return { kind: "http", url: text };
  const tcp = /^tcp:\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text);
  if (tcp !== null) return { kind: "tcp", host: tcp[1] ?? "", port: Number(tcp[2]) };
  if (/^exec:\s*\S/.test(text)) return { kind: "exec", command: text.slice("exec:".length).trim() };
  throw new UsageError(
    `--health ${text} is none of http://…, https://…, tcp:HOST:PORT and exec:COMMAND`,
    "write it like http://127.0.0.1:8080/health",
  );
}

/** The same at the port where only the command that is asked after listens. */
export function healthAt(health: Health, port: number | undefined): Health {
  if (port === undefined || health.kind === "exec") return health;
  if (health.kind === "tcp") return { ...health, port };
  return { ...health, url: Object.assign(new URL(health.url), { port: String(port) }).href };
}

/** The command that is asked after. */
export interface Asked {
  /** `ROTATE_GENERATION` of the command. */
  readonly generation: string;
  /** Is there another one of which an answer could come? */
  readonly beside: boolean;
  /** What it was started with. */
  readonly env: Readonly<Record<string, string>>;
}

type Outside = Pick<Runtime, "http" | "exec" | "sleep" | "monotonic">;

const oneCheck = 5_000;
const firstPause = 50;
const longestPause = 1_000;

/** Asks until it is healthy; gives what was wrong when it is not within `within` ms, or the signal's reason. */
export async function becomesHealthy(
  health: Health,
  { asked, within, signal }: { readonly asked: Asked; readonly within: number; readonly signal: AbortSignal },
  outside: Outside,
): Promise<string | undefined> {
  const until = outside.monotonic() + within;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    const left = until - outside.monotonic();
    const wrong = await look(health, { asked, within: Math.max(1, Math.min(left, oneCheck)), signal }, outside);
    if (wrong === undefined || signal.aborted || outside.monotonic() + pause >= until) return wrong;
    await sleepOrWake(outside, pause, signal);
  }
}

type Look = Parameters<typeof becomesHealthy>[1];

async function look(health: Health, looking: Look, outside: Outside): Promise<string | undefined> {
  try {
    if (health.kind === "http") return await lookByHttp(health.url, looking, outside);
    if (health.kind === "exec") return await lookByCommand(health.command, looking, outside);
    await lookByTcp(health, looking);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function lookByHttp(
  url: string,
  { asked, within, signal }: Look,
  { http }: Outside,
): Promise<string | undefined> {
  const { ok, status, headers } = await http(url, { timeout: within, headers: { connection: "close" } }, signal);
  if (!ok) return `${url} answers HTTP ${status}`;
  if (!asked.beside || headers.get("rotate-generation") === asked.generation) return undefined;
  return headers.has("rotate-generation")
    ? `${url} is still answered by the old command`
    : `${url} does not say which command answers: it needs the header Rotate-Generation with the value of $ROTATE_GENERATION`;
}

async function lookByCommand(
  command: string,
  { asked, within, signal }: Look,
  { exec }: Outside,
): Promise<string | undefined> {
  const { exitCode } = await exec(["/bin/sh", "-c", command], { env: asked.env, timeout: within }, signal);
  return exitCode === 0 ? undefined : `the health command ended with ${exitCode}`;
}

function lookByTcp({ host, port }: Extract<Health, { kind: "tcp" }>, { within, signal }: Look): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(within)]) });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
