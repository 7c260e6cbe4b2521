/** A machine with a `rotate watch` on it, an issuer that can be away, a clock that can be set, a spec that people save, and somebody who is told. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { clockShifter, createOAuth2Double, listen, shifted, type OAuth2Double } from "@rotate/doubles";
import { alarmSteps } from "@rotate/plugin-kit";
import { compiled } from "../../support/compiled.ts";
import { packedCommandLine } from "../../support/packed.ts";

export interface StageOptions {
  /** Empty, and the stage's own. */
  readonly folder: string;
  readonly rotations: number;
  /** Of each token, ms. */
  readonly life: number;
  /** Where alarms are sent. */
  readonly receiver: string;
}

/** What a command said. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
}

export interface Stage {
  readonly url: string;
  readonly issuer: OAuth2Double;
  /** By its true clock, how long what the consumer has works, ms; undefined: it has nothing of this issuer. */
  readonly leftOf: (name: string) => number | undefined;
  /** Waits until it answers. */
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
  /** Seconds that the machine's clock is ahead; false: it cannot be set here. */
  readonly setClock: (ahead: number) => boolean;
  /** The spec is written again: with a word that changes nothing, and now and then by halves. */
  readonly save: () => void;
  readonly rotate: (...argv: readonly string[]) => Promise<Said>;
  readonly close: () => Promise<void>;
}

const second = 1_000;
/** How a command ends that takes the spec for faulty. */
export const specFault = 2;
/** A message names 50 at most: so many share an issuer, that all are named. */
const perEntry = 40;

function entryOf(at: number): string {
  return `issuer-${Math.floor(at / perEntry)}`;
}

function specOf({ rotations, receiver }: StageOptions, issuer: OAuth2Double, edit: number): string {
  const numbers = Array.from({ length: rotations }, (_, at) => at);
  const provider = {
    type: "oauth2",
    tokenEndpoint: issuer.tokenEndpoint,
    revocationEndpoint: issuer.revocationEndpoint,
    clientId: "app",
    clientAuth: { method: "client_secret_basic", clientSecret: { env: "CLIENT_SECRET" } },
  };
  return JSON.stringify({
    version: 1,
    name: "alarms",
    "x-edit": edit,
    providers: Object.fromEntries(numbers.map((at) => [entryOf(at), provider])),
    rotations: Object.fromEntries(
      numbers.map((at) => [
        `r${at}`,
        { provider: entryOf(at), sinks: [{ type: "file", path: `r${at}.token`, values: { content: "{{ token }}" } }] },
      ]),
    ),
    notify: [{ type: "http", url: receiver, on: alarmSteps, after: 1, remind: "12h" }],
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Nothing runs yet. */
export async function createStage(options: StageOptions): Promise<Stage> {
  const { folder, life } = options;
  const issuer = await createOAuth2Double({
    clients: {
      app: { method: "client_secret_basic", secret: "app-secret", grants: ["client_credentials"], scopes: ["app"] },
    },
    ttl: life,
  });
  const [port, { entry }] = [await freePort(), packedCommandLine()];
  const url = `http://127.0.0.1:${port}`;
  const [file, clock] = [join(folder, "rotate.json"), join(folder, "clock")];
  writeFileSync(clock, "+0\n");
  writeFileSync(file, specOf(options, issuer, 0));
  const isShifted = clockShifter() !== undefined;
  const { FAKETIME: _, ...preload } = shifted(isShifted ? "+0" : undefined);
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    ROTATE_STATE_DIR: join(folder, "state"),
    NODE_COMPILE_CACHE: compiled,
    CLIENT_SECRET: "app-secret",
    ...(isShifted && { ...preload, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_CACHE_DURATION: "1", NO_FAKE_STAT: "1" }),
  };
  let daemon: ChildProcess | undefined;
  let edits = 0;
  let ends = { read: 0, of: new Map<string, number>() };

  function endOf(token: string): number | undefined {
    for (; ends.read < issuer.issued.length; ends.read++)
      ends.of.set(issuer.issued[ends.read]!.token, issuer.issued[ends.read]!.expiresAt);
    return ends.of.get(token);
  }

  function run(): void {
    const log = openSync(join(folder, "log"), "a");
    const argv = [entry, "watch", "-f", file, "--listen", String(port)];
    daemon = spawn(process.execPath, argv, { cwd: folder, env, stdio: ["ignore", log, log] });
    closeSync(log);
  }

  async function kill(): Promise<void> {
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGKILL");
    await ended;
  }

  return {
    url,
    issuer,
    leftOf(name) {
      try {
        const end = endOf(readFileSync(join(folder, `${name}.token`), "utf8").trim());
        return end === undefined ? undefined : end - Date.now();
      } catch {
        return undefined;
      }
    },
    async start() {
      const limit = Date.now() + 300 * second;
      run();
      while (!(await answers(`${url}/livez`))) {
        // Half a spec is no spec to begin with: whoever looks after services starts it again.
        if (daemon?.exitCode === specFault) run();
        if (typeof daemon?.exitCode === "number" || Date.now() > limit)
          throw new Error(readFileSync(join(folder, "log"), "utf8"));
        await setTimeout(0.1 * second);
      }
    },
    kill,
    signal: (signal) => void daemon?.kill(signal),
    setClock(ahead) {
      writeFileSync(`${clock}.new`, `+${ahead}\n`.replace("+-", "-"));
      renameSync(`${clock}.new`, clock);
      return isShifted;
    },
    save() {
      edits++;
      const text = specOf(options, issuer, edits);
      // An editor that does not know better: it empties the file, and writes it in two goes.
      if (edits % 10 === 0) writeFileSync(file, text.slice(0, text.length / 2));
      else writeFileSync(file, text);
    },
    async rotate(...argv) {
      const child = spawn(process.execPath, [entry, ...argv, "-f", file], {
        cwd: folder,
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let stdout = "";
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      const [code] = (await once(child, "close")) as [number | null];
      return { code, stdout };
    },
    async close() {
      await kill();
      await issuer.close();
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(20 * second);
  return fetch(url, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}
