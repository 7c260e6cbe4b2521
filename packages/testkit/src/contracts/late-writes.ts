/** Writes whose answer is lost, and which land after a later one. */
import assert from "node:assert/strict";
import { type Http, isRotateError, RotateError } from "@rotate/plugin-kit";
import type { TestContext } from "../context.ts";
import { codeOf, type Scene, scene, type SinkHarness, type SinkRule, type SinkStage, prepare } from "./sink-scene.ts";

interface HeldBack {
  readonly ctx: TestContext;
  /** Was there such a request? */
  readonly isHeld: () => boolean;
  readonly land: () => Promise<void>;
}

/** A context whose `nth` request (from 1) gets no answer: it is sent when `land` is called, whatever became of the world since. */
function holdingBack(ctx: TestContext, nth: number): HeldBack {
  let sent = 0;
  let held: Parameters<Http> | undefined;
  const http: Http = async (...request) => {
    sent += 1;
    if (sent !== nth) return ctx.http(...request);
    held = request;
    throw new RotateError("no answer", { code: "TIMEOUT", retryable: true, hint: "it may land later" });
  };
  return {
    ctx: { ...ctx, http },
    isHeld: () => held !== undefined,
    async land() {
      if (held !== undefined) await ctx.http(...held);
    },
  };
}

/** On the way to the target where there is one, which holds for plugins in another process too; else by the context. */
function heldBack(harness: SinkHarness, stage: SinkStage, { ctx, nth }: { ctx: TestContext; nth: number }): HeldBack {
  const cut = harness.way?.(stage).cutAt(nth);
  return cut === undefined ? holdingBack(ctx, nth) : { ctx, isHeld: cut.reached, land: cut.arrive };
}

/** Fences, with the time that it waits passing at once. False: it threw, which keeps the doubt for `lateWrites`, and is a fault without it. */
export async function tryFence({ sink, ctx }: Scene): Promise<boolean> {
  try {
    await sink.fence?.({ ...ctx, sleep: async () => undefined });
    return true;
  } catch (error) {
    if (sink.lateWrites === undefined) throw error;
    return false;
  }
}

/** More requests than a commit makes. */
const enough = 12;

/** Commits the first values with the `nth` request held back, writes the second ones, lets the first land. False when there was no such request. */
async function writeLate(harness: SinkHarness, stage: SinkStage, nth: number): Promise<boolean> {
  const at = await scene(harness, stage);
  const [early, later] = stage.values;
  const first = await prepare(at, early);
  const held = heldBack(harness, stage, { ctx: at.ctx, nth });
  await codeOf(() => first.commit(held.ctx));
  if (!held.isHeld()) return false;
  const next: Scene = await scene(harness, stage);
  const isFenced = (await tryFence(next)) && next.sink.fence !== undefined;
  const second = await prepare(next, later);
  if (second.changed) await second.commit(next.ctx);
  await held.land().catch((error: unknown) => assert.ok(isRotateError(error), String(error)));
  if (isFenced || harness.sink.lateWrites === undefined) {
    const why = isFenced
      ? "a late write landed over a later one though `fence` had gone well: let it throw where it cannot make one fail"
      : "a late write landed over a later one: make it fail by `commit` and `fence`, or say `lateWrites`";
    assert.deepEqual(await harness.readBack(stage), later, why);
  }
  return true;
}

/** What they are promised. */
export const lateRules: readonly SinkRule[] = [
  {
    id: "sink-late-writes",
    name: "says for how long a write may land late, or lets none land over a later one",
    why: "A write whose answer was lost may land after the next one, and put the old value back. Make it fail by a condition, or say `lateWrites`: then the previous credential stays alive for so long.",
    check: async (harness, stage) => {
      const { lateWrites } = harness.sink;
      if (lateWrites !== undefined)
        assert.ok(Number.isSafeInteger(lateWrites) && lateWrites > 0, "`lateWrites` is milliseconds");
      for (let nth = 1; nth <= enough; nth++) if (!(await writeLate(harness, stage, nth))) return;
      assert.fail(`a commit of ${enough} requests and more cannot be held back one by one`);
    },
  },
];
