/** A server under `rotate exec --on-rotate swap`, on a socket that each command inherits, and those who ask it all the time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@rotate/doubles";
import { packedCommandLine } from "../../support/packed.ts";

/** What became of the requests. */
export interface SwapFigures {
  readonly requests: number;
  readonly lost: number;
  /** Commands that answered. */
  readonly generations: number;
  readonly messages: ReadonlySet<string>;
  readonly said: string;
}

/** A load that goes on. */
export interface SwapLoad {
  readonly figures: () => SwapFigures;
  readonly stop: () => Promise<SwapFigures>;
}

const server = fileURLToPath(new URL("../../exec/server.mjs", import.meta.url));
const spec = `version: 1
name: swapped
stateDir: state
providers: { local: { type: jwt, issuer: "https://issuer.example", key: { path: key.pem } } }
rotations:
  app:
    provider: local
    request: { subject: app, audience: [api], ttl: 6s }
    budget: { perMinute: 1000, perHour: 10000 }
    sinks: [{ type: env, values: { APP_TOKEN: "{{ token }}" } }]
`;

/** Half of the clients keep their connections. @param directory an empty folder */
export async function startSwapLoad(directory: string, clients: number): Promise<SwapLoad> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "rotate.yaml"), spec);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const flags = ["--on-rotate", "swap", "--listen", address, "--health", `http://${address}/`];
  const argv = [packedCommandLine().entry, "exec", "app", ...flags, "--", process.execPath, server];
  const child = spawn(process.execPath, argv, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  while (!said.includes("listens")) await once(child.stdout, "data");

  const [generations, messages] = [new Set<string>(), new Set<string>()];
  let [requests, lost] = [0, 0];
  const ending = new AbortController();
  const kept = new Agent({ keepAlive: true });
  function ask(agent: Agent): Promise<void> {
    return new Promise((resolve) => {
      requests++;
      const asking = get({ host: "127.0.0.1", port, agent }, (answer) => {
        generations.add(String(answer.headers["rotate-generation"]));
        if (answer.statusCode !== 200) fail(`HTTP ${answer.statusCode}`);
        answer.resume().once("end", resolve);
      });
      asking.once("error", ({ message }) => {
        fail(message);
        resolve();
      });
    });
  }
  function fail(message: string): void {
    lost++;
    messages.add(message);
  }
  async function work(index: number): Promise<void> {
    while (!ending.signal.aborted) await ask(index % 2 === 0 ? kept : new Agent());
  }
  const workers = Promise.all(Array.from({ length: clients }, (_, index) => work(index)));
  const figures = (): SwapFigures => ({
    requests,
    lost,
    generations: generations.size,
    messages,
    said: said.slice(-1500),
  });
  return {
    figures,
    async stop() {
      ending.abort();
      await workers;
      kept.destroy();
      child.kill("SIGTERM");
      await once(child, "exit");
      return figures();
    },
  };
}
