/** `npm run demo:fleet`: three workers on one PostgreSQL, one of them killed every ten seconds, to be watched. `-- --seconds 90` plays it for so long. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { postgresUnavailable } from "@rotate/doubles";
import { audit, startJudge } from "../proof/shared/judge.ts";
import { createFleet, end, type Fleet } from "../proof/shared/world.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "90" } } });
const [rotations, life, killEvery] = [12, 90, 10];
const names = ["one", "two", "three"];
const second = 1_000;

const story = `Three workers (rotate watch) share ${rotations} rotations on one PostgreSQL. Each credential lives ${life} seconds at an issuer that
ends what is revoked. Every ${killEvery} seconds a worker is killed (kill -9), and started again ten seconds later. Four times a second
it is asked whether what stands in the sinks, and what the consumers took over, still lives.
`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function play(fleet: Fleet, seconds: number): Promise<void> {
  const started = performance.now();
  const workers = names.map(fleet.start);
  while (fleet.held().length < rotations * 3) await setTimeout(200);
  const judge = startJudge(fleet, { hadTime: () => true }, life);
  for (let round = 0; round * killEvery < seconds; round++) {
    await setTimeout(killEvery * second);
    const at = round % workers.length;
    const { name } = workers[at]!;
    await end(workers[at]!, "SIGKILL");
    const before = workers.findIndex((worker) => worker.process.signalCode !== null && worker.name !== name);
    if (before !== -1) workers[before] = fleet.start(workers[before]!.name);
    const elapsed = ((performance.now() - started) / second).toFixed(0).padStart(4);
    say(
      `${elapsed} s   killed ${name}   ${fleet.vault.issued.length} mints, ${fleet.vault.leases().length} leases live`,
    );
  }
  await setTimeout(20 * second);
  await Promise.all(workers.map((worker) => end(worker, "SIGTERM")));
  const verdict = await judge.stop();
  const found = await audit(fleet, life);
  say(`
looks at what consumers and sinks hold   ${verdict.looks}
of them, revoked or expired              ${verdict.revoked.length + verdict.expired.length}
mints                                    ${found.mints}, of which a kill cut off ${found.mints - found.rotated}
rotated twice for one reason             ${found.double.length}
leases that nobody knows of              ${found.lost.length}
values of credentials in the database    ${found.leaked}
`);
}

const reason = postgresUnavailable();
if (reason !== undefined) {
  say(`the demo cannot run here: ${reason}`);
  process.exitCode = 1;
} else {
  say(story);
  const fleet = await createFleet({
    folder: mkdtempSync(join(tmpdir(), "rotate-fleet-")),
    rotations,
    life,
    workers: names.map((name) => ({ name })),
  });
  try {
    await play(fleet, Number(values.seconds));
  } finally {
    await fleet.close();
  }
}
