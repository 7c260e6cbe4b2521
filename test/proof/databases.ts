/**
 * An application on each database that rotate makes users in, under load through many rotations, with what `rotate databases setup` prints and no other right. Every third mint is cut off at one of its
 * messages, which arrives late. Ends with 1 when a query failed, a user was left behind, or a password was shown by a server.
 * `npm run proof:databases -- [--rotations 30] [--clients 8] [--only Redis]`
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { databaseKinds, type DatabaseKind } from "../e2e/support/databases/index.ts";
import { startDatabaseStage, type DatabaseStage } from "../e2e/support/databases/stage.ts";
import { until } from "../e2e/support/sidecar-stage.ts";

const { values } = parseArgs({
  options: {
    rotations: { type: "string", default: "30" },
    clients: { type: "string", default: "8" },
    only: { type: "string", default: "" },
  },
});
const [rotations, clients] = [Number(values.rotations), Number(values.clients)];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Messages of a mint on these servers: some more than the longest has. */
const messages = 14;

/** Rotations, and how many of them were cut off on the way. */
async function rotateAll(
  stage: DatabaseStage,
): Promise<{ readonly done: number; readonly cut: number; readonly most: number }> {
  let [done, cut, most] = [0, 0, 0];
  for (let round = 0; done < rotations && round < 4 * rotations; round++) {
    const outcome = round % 3 === 2 ? await stage.rotateCutAt(1 + ((round * 5) % messages)) : await stage.rotate();
    if (outcome === "rotated") done++;
    else cut++;
    most = Math.max(most, await stage.leases());
  }
  return { done, cut, most };
}

async function prove(kind: DatabaseKind): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-databases-"));
  const stage = await startDatabaseStage(kind, { directory, clients });
  try {
    const { done, cut, most } = await rotateAll(stage);
    const isOne = async (): Promise<boolean> => (await stage.leases()) === 1;
    await until(isOne, () => "").catch(() => undefined);
    const [left, leaked] = [(await stage.leases()) - 1, await stage.leaked()];
    const { asked, failures, logins, reloads, messages: said } = await stage.end();
    const row = [
      kind.name.padEnd(18),
      done,
      cut,
      `${failures} of ${asked}`,
      logins.length,
      reloads,
      most,
      left,
      leaked,
    ];
    say(`| ${row.join(" | ")} |`);
    for (const [message, count] of said) say(`  ${count} × ${message}`);
    if (left !== 0) say(stage.log());
    return done >= rotations && failures === 0 && left === 0 && leaked === 0;
  } finally {
    await stage.close();
    await rm(directory, { recursive: true });
  }
}

say(
  "| database | rotations | cut off | failed queries | logins used | reloads | leases at once, at most | left behind | passwords shown |",
);
say("|---|---|---|---|---|---|---|---|---|");
for (const kind of databaseKinds.filter(({ name }) => name.includes(values.only))) {
  const missing = kind.unavailable();
  if (missing !== undefined) say(`| ${kind.name.padEnd(18)} | skipped: ${missing} |`);
  else if (!(await prove(kind))) process.exitCode = 1;
}
