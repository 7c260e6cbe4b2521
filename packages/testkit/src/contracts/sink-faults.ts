/** What is promised of a sink whose commit meets a fault or dies half-way. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { isRotateError } from "@rotate/plugin-kit";
import type { Fault } from "../faults/fault.ts";
import { hangEach, shortLimit } from "./failures.ts";
import { tryFence } from "./late-writes.ts";
import { prepare, scene, type SinkHarness, type SinkRule, type SinkStage, type Texts, write } from "./sink-scene.ts";

/** More messages than a commit sends. */
const enough = 12;

interface Broken {
  readonly harness: SinkHarness;
  readonly stage: SinkStage;
  readonly where: string;
}

/** Another process writes, whatever stands there. */
async function writeAnew(harness: SinkHarness, stage: SinkStage, texts: Texts): Promise<void> {
  const at = await scene(harness, stage);
  await tryFence(at);
  await write(at, texts);
}

/** Commits the second values over the first while the nth message meets a fault. False: there was no such message. */
async function commitThrough(
  harness: SinkHarness,
  stage: SinkStage,
  { message, fault, next }: { readonly message: number; readonly fault: Fault; readonly next: "undo" | "crash" },
): Promise<boolean> {
  const [first, second] = stage.values;
  await writeAnew(harness, stage, first);
  const at = await scene(harness, stage);
  const prepared = await prepare(at, second);
  const spoilt = harness.way?.(stage).spoil(message, fault);
  const error = await prepared.commit(at.ctx).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  spoilt?.forget();
  if (spoilt?.struck() !== true) return false;
  const broken = { harness, stage, where: `after a commit whose message ${message} met the fault \`${fault}\`` };
  await assertToldRight(broken, error);
  if (next === "undo" && prepared.undo !== undefined) {
    await prepared.undo((await scene(harness, stage)).ctx);
    assert.deepEqual(
      await harness.readBack(stage),
      first,
      `${broken.where}, undo did not bring the values from before back`,
    );
  }
  await writeAnew(harness, stage, second);
  assert.deepEqual(await harness.readBack(stage), second, `${broken.where}, another process could not write`);
  return true;
}

const unknown: readonly string[] = ["TIMEOUT", "UNAVAILABLE", "BAD_ANSWER"];

/** Unknown may be either; a success wrote all, and anything else wrote nothing. */
async function assertToldRight({ harness, stage, where }: Broken, error: unknown): Promise<void> {
  const [first, second] = stage.values;
  if (error === undefined)
    return assert.deepEqual(await harness.readBack(stage), second, `${where} it succeeded, and not all was written`);
  assert.ok(isRotateError(error), `${where} it threw something that is not a RotateError: ${inspect(error)}`);
  const isDefinite = error.noEffect ?? !unknown.includes(error.code);
  if (!isDefinite) return;
  assert.deepEqual(
    await harness.readBack(stage),
    first,
    `${where} it said ${error.code}, nothing written, and something was`,
  );
}

/** What they are promised. */
export const sinkFaultRules: readonly SinkRule[] = [
  {
    id: "sink-fault-commit",
    name: "says of a commit that broke at any of its messages what is true, and can be undone and written anew",
    why: "TIMEOUT, UNAVAILABLE and BAD_ANSWER say that nobody knows; any other code says that nothing was written, and is believed. After a crash another process finds whatever stands there, and writes over it.",
    applies: ({ way }) => way !== undefined,
    check: async (harness, stage) => {
      for (const fault of ["busy", "broken", "drop", "cut", "page"] as const)
        for (const next of ["undo", "crash"] as const)
          for (let message = 1; await commitThrough(harness, stage, { message, fault, next }); message += 1)
            assert.ok(message < enough, `a commit of ${enough} messages and more cannot be spoilt one by one`);
    },
  },
  {
    id: "sink-fault-hang",
    name: "ends with its signal at whichever message of a write the target falls silent",
    why: "The first message often has a time limit and the second none. Hand `ctx.signal` to whatever waits.",
    applies: ({ way }) => way !== undefined,
    check: async (harness, stage) => {
      await hangEach(harness.way?.(stage), "write", async () =>
        write(await scene(harness, stage, shortLimit), stage.values[0]),
      );
    },
  },
];
