/** `npm run demo`: the proof, to be watched. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playScenario, type Progress } from "./support/scenario.ts";
import { formatFigures } from "./support/table.ts";
import { worldUnavailable } from "./support/world.ts";

const rotations = 30;
const pace = { ttl: 6, every: 1 };
/** Milliseconds between two lines. */
const lineEvery = 3000;

const story = `Two applications, alike in everything, on a real PostgreSQL behind a gateway like Lakebase's:
TLS only, the password is a JWT, and it is checked when a connection is opened, never later.
Each reads .env once, when it starts, and each gets 50 queries a second. Tokens live ${pace.ttl} seconds.

  rotate        rotate watch: mint, verify, write .env, start anew, check health (${rotations} times)
  cron script   mints with curl and jq, rewrites .env, every ${(pace.ttl * 5) / 6} seconds

`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function line(seconds: number, { rotate, cron }: Progress): string {
  const counts = [rotate, cron].map(({ queries, failures }) => `${failures} of ${queries} failed`);
  return `${seconds.toFixed(0).padStart(4)} s   rotate: ${counts[0]}, token ${rotate.generations}   cron script: ${counts[1]}`;
}

async function show(directory: string): Promise<void> {
  const started = performance.now();
  let next = 0;
  const result = await playScenario({
    directory,
    generations: rotations + 1,
    pace,
    queriesPerSecond: 50,
    patience: 300_000,
    onProgress(progress) {
      const elapsed = performance.now() - started;
      if (elapsed < next) return;
      next = elapsed + lineEvery;
      say(line(elapsed / 1000, progress));
    },
  });
  say(`\n${formatFigures(result)}`);
  const [[message] = []] = result.cron.messages;
  if (message !== undefined) say(`\nWhat users of the second application saw: "${message}".`);
}

async function demonstrate(): Promise<void> {
  say(story);
  const directory = await mkdtemp(join(tmpdir(), "rotate-demo-"));
  try {
    await show(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const reason = worldUnavailable();
if (reason === undefined) {
  await demonstrate();
} else {
  say(`the demo cannot run here: ${reason}`);
  process.exitCode = 1;
}
