/**
 * Consumers that pull, through many rotations under load: an application with a pool behind the PostgreSQL sidecar, one that asks by `@rotate/client`, both with users that are made on a real PostgreSQL, and a server
 * that `rotate exec` swaps. Ends with 1 when a query failed, a request was lost, a reload was run, or a user of the sidecar was left behind.
 * `npm run proof:consumers -- [--rotations 30] [--clients 8]`
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { askingPool } from "../e2e/support/asking-pool.ts";
import { startPoolLoad } from "../e2e/support/pool-load.ts";
import { startSidecarStage, until, type SidecarStage } from "../e2e/support/sidecar-stage.ts";
import { startSwapLoad } from "../e2e/support/swap-load.ts";

const { values } = parseArgs({
  options: { rotations: { type: "string", default: "30" }, clients: { type: "string", default: "8" } },
});
const [rotations, clients] = [Number(values.rotations), Number(values.clients)];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Outcome {
  readonly failures: number;
  readonly reloads: number;
  /** Users of earlier leases that are still there at the end. */
  readonly left: number;
}

async function behindSidecar(stage: SidecarStage): Promise<Outcome> {
  const load = startPoolLoad(stage.address, { clients, uses: 20, pause: 10 });
  let [reloads, most] = [0, 0];
  for (let round = 1; round <= rotations; round++) {
    const seen = load.figures().users.length;
    reloads += await stage.rotate();
    await until(
      async () => load.figures().users.length > seen,
      () => `no query came under the new user: ${JSON.stringify(load.figures())}`,
    );
    most = Math.max(most, (await stage.users()).length);
    if (round % 10 === 0) say(`  ${round} rotations, ${load.figures().failures} of ${load.figures().queries} failed`);
  }
  // One is of the rotation that the other application asks for.
  const isOne = async (): Promise<boolean> => (await stage.users()).length <= 2;
  await until(isOne, () => "", 240_000).catch(() => undefined); // a revocation that failed is tried again after half a minute, then a minute
  const left = (await stage.users()).length - 2;
  const { refusals } = await stage.status();
  const { failures, queries, connections, users, messages } = await load.stop();
  say(`
  rotations                         ${rotations}
  failed of all queries             ${failures} of ${queries}
  connections that the pool opened  ${connections}
  users that it worked under        ${users.length}
  reloads                           ${reloads}
  users alive at once, at most      ${most}
  users left behind                 ${left}
  turned away at the sidecar        ${refusals.map(({ reason, count }) => `${count} ${reason}`).join(", ") || "nobody"}`);
  for (const [message, count] of messages) say(`  ${count} × ${message}`);
  return { failures, reloads, left };
}

/** The one before is given away with its end: who asked may use it until then, so it is left to that. */
async function withClient(stage: SidecarStage): Promise<Outcome> {
  const { config, close } = await askingPool(stage);
  const load = startPoolLoad(config, { clients, uses: 20, pause: 10 });
  let reloads = 0;
  for (let round = 1; round <= rotations; round++) {
    const seen = load.figures().users.length;
    reloads += await stage.rotate(stage.asked.name);
    await until(
      async () => load.figures().users.length > seen,
      () => `no query came under the new user: ${JSON.stringify(load.figures())}`,
    );
    if (round % 10 === 0) say(`  ${round} rotations, ${load.figures().failures} of ${load.figures().queries} failed`);
  }
  const { failures, queries, connections, users, messages } = await load.stop();
  close();
  say(`
  rotations                         ${rotations}
  failed of all queries             ${failures} of ${queries}
  connections that the pool opened  ${connections}
  users that it worked under        ${users.length}
  reloads                           ${reloads}`);
  for (const [message, count] of messages) say(`  ${count} × ${message}`);
  return { failures, reloads, left: 0 };
}

async function underSwap(directory: string): Promise<Outcome> {
  const load = await startSwapLoad(directory, clients);
  const swaps = (): number => load.figures().generations - 1;
  for (let round = 10; round - 10 < rotations; round += 10) {
    const wanted = Math.min(round, rotations);
    await until(
      async () => swaps() >= wanted,
      () => `no command took over: ${load.figures().said}`,
      600_000,
    );
    say(`  ${swaps()} swaps, ${load.figures().lost} of ${load.figures().requests} lost`);
  }
  const { requests, lost, messages } = await load.stop();
  say(`
  swaps                             ${swaps()}
  lost of all requests              ${lost} of ${requests}`);
  for (const message of messages) say(`  ${message}`);
  return { failures: lost, reloads: 0, left: 0 };
}

const directory = await mkdtemp(join(tmpdir(), "rotate-consumers-"));
try {
  const stage = await startSidecarStage(directory, { asks: true });
  const outcomes: Outcome[] = [];
  try {
    say("an application with a pool behind the PostgreSQL sidecar");
    outcomes.push(await behindSidecar(stage));
    say("\nan application with a pool that asks by @rotate/client, at the server itself");
    outcomes.push(await withClient(stage));
  } finally {
    await stage.close();
  }
  say("\na server under rotate exec --on-rotate swap");
  outcomes.push(await underSwap(join(directory, "swap")));
  if (outcomes.some(({ failures, reloads, left }) => failures + reloads + left > 0)) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true });
}
