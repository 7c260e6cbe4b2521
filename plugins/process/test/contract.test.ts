import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { notifierContract, probeContract, providerContract, reloadContract, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { execNotifier } from "../src/exec-notifier.ts";
import { execProbe } from "../src/exec-probe.ts";
import { execProvider } from "../src/exec-provider.ts";
import { execReload } from "../src/exec-reload.ts";
import { signalReload } from "../src/signal.ts";
import { freshDirectory, script } from "./support/call.ts";

const secret = "s3cret-of-the-contract";

async function commandStage(lines: readonly string[], more: object = {}) {
  const directory = await freshDirectory();
  const path = await script(directory, "command.sh", lines);
  const options = { command: [path], cwd: directory, secretEnv: { KEY: secretRef(secret) }, ...more };
  return { directory, path, options, secrets: [secret] };
}
type CommandStage = Awaited<ReturnType<typeof commandStage>>;

function refuse({ directory }: CommandStage): Promise<unknown> {
  return script(directory, "command.sh", ['echo "no, not with $KEY" >&2', "exit 1"]);
}
function hang({ directory }: CommandStage): Promise<unknown> {
  return script(directory, "command.sh", ["exec sleep 60"]);
}

reloadContract(
  { describe, test },
  {
    reload: execReload,
    start: () => commandStage(["echo x >> count"]),
    count: ({ directory }) =>
      readFile(join(directory, "count"), "utf8").then(
        (text) => text.length / 2,
        () => 0,
      ),
    refuse: async (stage) => void (await refuse(stage)),
    hang: async (stage) => void (await hang(stage)),
  },
);

probeContract(
  { describe, test },
  {
    probe: execProbe,
    start: () => commandStage(['[ -n "$KEY" ]']),
    refuse: async (stage) => void (await refuse(stage)),
    hang: async (stage) => void (await hang(stage)),
  },
);

notifierContract(
  { describe, test },
  {
    notifier: execNotifier,
    start: () => commandStage(["cat >> told"]),
    received: ({ directory }) =>
      readFile(join(directory, "told"), "utf8").then(
        (text) =>
          text
            .trim()
            .split("\n")
            .map((line) => String(JSON.parse(line).text)),
        () => [],
      ),
    refuse: async (stage) => void (await refuse(stage)),
    hang: async (stage) => void (await hang(stage)),
  },
);

providerContract(
  { describe, test },
  {
    provider: execProvider,
    start: async () => ({
      ...(await commandStage([
        'echo "{\\"fields\\": {\\"token\\": \\"minted-$$-$KEY\\"}, \\"expires\\": {\\"in\\": 60000}}"',
      ])),
      request: { format: "rotate", fields: { token: {} } },
    }),
    // The check only looks for the program, so that is what is taken away.
    refuse: ({ path }) => chmod(path, 0o644),
    hang: async (stage) => void (await hang(stage)),
  },
);

/** Counts SIGHUPs, and says how many there were when it gets SIGUSR2: of two that wait at once the later may be handled first (signal(7)). */
const consumerCode = [
  "let count = 0",
  "process.on('SIGHUP', () => { count += 1 })",
  "process.on('SIGUSR2', () => setImmediate(setImmediate, () => console.log(count)))",
  "console.log('ready')",
  "setInterval(() => {}, 1000)",
].join(";");

async function startConsumer() {
  const child = spawn(process.execPath, ["-e", consumerCode], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const pidFile = join(await freshDirectory(), "app.pid");
  await writeFile(pidFile, String(child.pid));
  return { child, options: { pidFile, wait: 0 }, close: () => void child.kill("SIGKILL") };
}

async function countSignals({ child }: Awaited<ReturnType<typeof startConsumer>>): Promise<number> {
  const said = once(child.stdout, "data");
  child.kill("SIGUSR2");
  return Number(String((await said)[0]));
}

reloadContract(
  { describe, test },
  {
    reload: signalReload,
    start: startConsumer,
    count: countSignals,
    refuse: async ({ child }) => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  },
);
