/**
 * A process of its own over the world in a directory, with the machine's clocks: `driver.ts DIRECTORY [STEP]`. At STEP of the outside (`commit a`), or after a journal
 * record (`journal committing 2`: the second of its kind), it kills itself as `kill -9` would. `pause mint` waits there until the file `go` is there.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createRuntime } from "@rotate/runtime";
import { openEngineParts } from "../../src/engine/open-engine.ts";
import { tick } from "../../src/engine/run.ts";
import { exitCodeOfRun } from "../../src/exit-code.ts";
import type { Store } from "../../src/store/store.ts";
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
function mortal(store: Store): Store {
  const seen = new Map<string, number>();
  return {
    ...store,
    async append(rotation, entry) {
      const state = await store.append(rotation, entry);
      const nth = (seen.get(entry.record.type) ?? 0) + 1;
      seen.set(entry.record.type, nth);
      if (wanted === `journal ${entry.record.type} ${nth}`) die();
      return state;
    },
  };
}

const world: DiskWorld = { directory, now: Date.now, hook, life: hour };
const rotation = { ...rotationIn(world, { sinks: ["a", "b"] }), health: [probeEntry(world, "health")] };
const spec = specIn(join(directory, "rotate.yaml"), [rotation]);
const runtime = createRuntime({ env: {}, log: { level: "warn" } });
const { deps, close } = await openEngineParts({ spec, runtime, stateDir: join(directory, "state") });
const { rotations } = await tick(
  spec.rotations,
  { ...deps, store: mortal(deps.store) },
  {
    force: existsSync(join(directory, "force")),
    cadence: undefined,
    timeout: 0,
    lockTimeout: existsSync(join(directory, "impatient")) ? 50 : 20_000,
    concurrency: 1,
    signal: new AbortController().signal,
  },
);
await close();
process.stdout.write(JSON.stringify(rotations[0]));
process.exitCode = exitCodeOfRun(rotations);
