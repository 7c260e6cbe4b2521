/**
 * Consumers that pull, through many rotations under load: an application with a pool behind the PostgreSQL sidecar, with users that are made and dropped on a real PostgreSQL. Ends with 1 when a query
 * failed, a reload was run, or a user was left behind.
 * `npm run proof:consumers -- [--rotations 30] [--clients 8]`
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPoolLoad } from "../e2e/support/pool-load.ts";
import { startSidecarStage, until, type SidecarStage } from "../e2e/support/sidecar-stage.ts";

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
  const isOne = async (): Promise<boolean> => (await stage.users()).length === 1;
  await until(isOne, () => "").catch(() => undefined);
  const left = (await stage.users()).length - 1;
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

const directory = await mkdtemp(join(tmpdir(), "rotate-consumers-"));
try {
  const stage = await startSidecarStage(directory);
  try {
    say("an application with a pool behind the PostgreSQL sidecar");
    const { failures, reloads, left } = await behindSidecar(stage);
    if (failures + reloads + left > 0) process.exitCode = 1;
  } finally {
    await stage.close();
  }
} finally {
  await rm(directory, { recursive: true });
}
