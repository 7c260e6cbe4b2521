/**
 * A process of its own over the world in a directory, with the machine's clocks: `driver.ts DIRECTORY [STEP]`. At STEP of the outside (`commit a`), or after a journal
 * record (`journal committing 2`: the second of its kind), it kills itself as `kill -9` would. `pause mint` waits there until the file `go` is there.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createRuntime } from "@rotate/runtime";
import type { Claim, Claims } from "../../src/backend/claim.ts";
import { openEngine } from "../../src/engine/engine.ts";
import { tick } from "../../src/engine/tick.ts";
import { exitCodeOfRun } from "../../src/exit-code.ts";
import { openLocalBackend } from "../../src/local/open-local.ts";
import { probeEntry, rotationIn, specIn } from "./spec.ts";
import { hour, type DiskWorld } from "./world.ts";

const [directory = "", ...words] = process.argv.slice(2);
const wanted = words.join(" ");

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("still alive");
}

async function hook(step: string): Promise<void> {
  if (step === wanted) die();
  if (`pause ${step}` !== wanted) return;
  writeFileSync(join(directory, "waiting"), "");
  while (!existsSync(join(directory, "go"))) await setTimeout(5);
}

/** Kills the process right after a record was written. */
function mortal(claims: Claims): Claims {
  const seen = new Map<string, number>();
  function written(type: string): void {
    const nth = (seen.get(type) ?? 0) + 1;
    seen.set(type, nth);
    if (wanted === `journal ${type} ${nth}`) die();
  }
  const mortalClaim = (claim: Claim): Claim => ({
    ...claim,
    async append(records) {
      const state = await claim.append(records);
      for (const { type } of records) written(type);
      return state;
    },
  });
  return {
    ...claims,
    async byName(rotation, options) {
      const claim = await claims.byName(rotation, options);
      return claim && mortalClaim(claim);
    },
  };
}

const world: DiskWorld = { directory, now: Date.now, hook, life: hour };
const rotation = { ...rotationIn(world, { sinks: ["a", "b"] }), health: [probeEntry(world, "health")] };
const spec = specIn(join(directory, "rotate.yaml"), [rotation]);
const runtime = createRuntime({ env: {}, log: { level: "warn" } });
const backend = await openLocalBackend({ spec, runtime, stateDir: join(directory, "state") });
const { deps } = (await openEngine({ spec, runtime, backend })).parts();
const { rotations } = await tick(
  spec.rotations,
  { ...deps, claims: mortal(deps.claims) },
  {
    force: existsSync(join(directory, "force")),
    cadence: undefined,
    retryFor: 0,
    lockTimeout: existsSync(join(directory, "impatient")) ? 50 : 20_000,
    concurrency: 1,
    signal: new AbortController().signal,
  },
);
await backend.close();
process.stdout.write(JSON.stringify(rotations[0]));
process.exitCode = exitCodeOfRun({ rotations });
