import assert from "node:assert/strict";
import { revealValues, sinkValues } from "../context.ts";
import { withDefaults } from "../defaults.ts";
import { assertNoLeak, assertPart, contextOn, defineContract, type Suite, type TestApi } from "./contract.ts";
import { assertObeysSignal, assertRefused, shortLimit } from "./failures.ts";
import { lateRules, tryFence } from "./late-writes.ts";
import { sinkFaultRules } from "./sink-faults.ts";
import { codeOf, prepare, scene, write, type SinkHarness, type SinkRule, type SinkStage } from "./sink-scene.ts";

function secretsOf(stage: SinkStage): readonly string[] {
  return [...(stage.secrets ?? []), ...stage.values.flatMap((texts) => Object.values(texts))];
}

const shape: readonly SinkRule[] = [
  {
    id: "sink-schema",
    name: "describes its options in the schema subset, and its keys by a pattern that fits",
    why: "Specs are checked against the schema and the pattern before anything is minted.",
    check: ({ sink }, { values }) => {
      assertPart("sinks", sink);
      for (const key of Object.keys(values[0])) {
        assert.ok(sink.keys, "a sink that takes values declares `keys`");
        assert.match(key, new RegExp(`^(?:${sink.keys.pattern})$`, "u"), "the key fits the pattern");
      }
    },
  },
  {
    id: "sink-target",
    name: "names its target by the options alone, the same each time, without a secret",
    why: "Two writers of one place are found by comparing targets, which also stand in the state, in logs and in messages.",
    check: async (harness, stage) => {
      const { sink, ctx } = await scene(harness, stage);
      const target = sink.target(withDefaults(sink.options, stage.options));
      await write(await scene(harness, stage), stage.values[0]);
      assert.equal(sink.target(withDefaults(sink.options, { ...stage.options })), target, "target is pure");
      assert.match(target, /^[^\0-\x1f]+$/, "target is one line of text");
      await assertNoLeak(secretsOf(stage), ctx, { "the target": target });
    },
  },
];

const writing: readonly SinkRule[] = [
  {
    id: "sink-prepare-changes-nothing",
    name: "changes nothing in check and prepare",
    why: "All that can fail comes before the first write: a rotation that stops in `prepare` has touched nothing.",
    check: async (harness, stage) => {
      const before = await harness.snapshot(stage);
      const at = await scene(harness, stage);
      const [samples] = stage.values;
      await at.sink.check?.(at.ctx);
      await at.sink.check?.({ ...at.ctx, keys: Object.keys(samples), samples: sinkValues(samples) });
      assert.deepEqual(await harness.snapshot(stage), before, "check changed the target");
      await prepare(at, stage.values[0]);
      assert.deepEqual(await harness.snapshot(stage), before, "prepare changed the target");
    },
  },
  {
    id: "sink-writes",
    name: "writes what it was given, then what it was given next",
    why: "A commit that succeeded is taken for the truth: the consumer is reloaded, and the previous credential is revoked.",
    check: async (harness, stage) => {
      for (const texts of stage.values) {
        const { changed } = await write(await scene(harness, stage), texts);
        assert.equal(changed, true, "a new value is a change");
        assert.deepEqual(await harness.readBack(stage), texts, "the target holds the values");
      }
    },
  },
  {
    id: "sink-unchanged",
    name: "sees that nothing is to be changed",
    why: "What is written again without need reloads consumers without need.",
    applies: ({ blind }) => blind !== true,
    check: async (harness, stage) => {
      await write(await scene(harness, stage), stage.values[0]);
      const { changed } = await prepare(await scene(harness, stage), stage.values[0]);
      assert.equal(changed, false, "the target holds exactly this already");
    },
  },
  {
    id: "sink-read",
    name: "reads back what was written, as secrets, and leaves out what is not there",
    why: "`read` shows drift, and what a target holds after a crash. Wrap what it read by `ctx.secret`.",
    applies: ({ sink }) => sink.read !== undefined,
    check: async (harness, stage) => {
      const { sink, ctx } = await scene(harness, stage);
      const keys = Object.keys(stage.values[0]);
      await write({ sink, ctx }, stage.values[0]);
      const before = await harness.snapshot(stage);
      const values = (await sink.read?.(keys, ctx)) ?? {};
      assert.deepEqual(await harness.snapshot(stage), before, "read changed the target");
      assert.deepEqual(revealValues(values), await harness.readBack(stage), "read differs from what is there");
      for (const text of Object.values(revealValues(values))) {
        assert.ok(!ctx.mask(`x ${text} x`).includes(text), "what read gives was not wrapped by ctx.secret");
      }
    },
  },
  {
    id: "sink-read-absent",
    name: "reads nothing where nothing was written",
    why: "What is absent is written again at once; an error or an empty text would look like somebody else's value.",
    applies: ({ sink }) => sink.read !== undefined,
    check: async (harness, stage) => {
      const { sink, ctx } = await scene(harness, stage);
      const values = (await sink.read?.(Object.keys(stage.values[0]), ctx)) ?? {};
      assert.deepEqual(revealValues(values), await harness.readBack(stage));
    },
  },
  {
    id: "sink-fence",
    name: "fences without changing a value",
    why: "After a write whose answer was lost, `fence` makes a late arrival fail, so that the next write is the last.",
    applies: ({ sink }) => sink.fence !== undefined,
    check: async (harness, stage) => {
      const { sink, ctx } = await scene(harness, stage);
      await write({ sink, ctx }, stage.values[0]);
      const late = await prepare({ sink, ctx }, stage.values[1]);
      const isFenced = await tryFence({ sink, ctx });
      assert.deepEqual(await harness.readBack(stage), stage.values[0], "fence changed a value");
      if (!isFenced) return;
      assert.equal(await codeOf(() => late.commit(ctx)), "CONFLICT", "a write from before the fence still succeeds");
    },
  },
];

/** Applies to a sink with `undo`; which has it is known only once it has prepared. */
async function undoAfter(harness: SinkHarness, stage: SinkStage, commit: boolean): Promise<void> {
  const before = await harness.snapshot(stage);
  const at = await scene(harness, stage);
  const prepared = await prepare(at, stage.values[1]);
  if (prepared.undo === undefined) return;
  if (commit) await prepared.commit(at.ctx);
  await prepared.undo((await scene(harness, stage)).ctx);
  assert.deepEqual(await harness.snapshot(stage), before, "undo did not leave the target as prepare found it");
}

const undoing: readonly SinkRule[] = [
  {
    id: "sink-undo-first",
    name: "undoes a first write, and one that was never committed, so that nothing remains",
    why: "Undo is called whether `commit` ran, failed half-way or never ran.",
    check: async (harness, stage) => {
      await undoAfter(harness, stage, false);
      await undoAfter(harness, stage, true);
    },
  },
  {
    id: "sink-undo-later",
    name: "undoes a later write, so that the earlier values stand there again",
    why: "The consumer goes on with the values that worked.",
    check: async (harness, stage) => {
      await write(await scene(harness, stage), stage.values[0]);
      await undoAfter(harness, stage, false);
      await undoAfter(harness, stage, true);
      assert.deepEqual(await harness.readBack(stage), stage.values[0]);
    },
  },
  {
    id: "sink-undo-conflict",
    name: "does not undo over what somebody else wrote since",
    why: "What somebody else wrote since is theirs: CONFLICT.",
    check: async (harness, stage) => {
      const at = await scene(harness, stage);
      const prepared = await write(at, stage.values[0]);
      if (prepared.undo === undefined) return;
      await harness.meddle(stage);
      const meddled = await harness.snapshot(stage);
      assert.equal(await codeOf(async () => prepared.undo?.(at.ctx)), "CONFLICT", "undo after somebody else's write");
      assert.deepEqual(await harness.snapshot(stage), meddled, "undo changed what somebody else wrote");
    },
  },
  {
    id: "sink-undo-unwritten",
    name: "takes back nothing that it did not write, even where the same values stand",
    why: "A process that was overtaken before its commit lets go while another one has written the same values: an issuer may repeat its credential.",
    check: async (harness, stage) => {
      await write(await scene(harness, stage), stage.values[0]);
      const late = await scene(harness, stage);
      const overtaken = await prepare(late, stage.values[1]);
      await write(await scene(harness, stage), stage.values[1]);
      if (overtaken.undo === undefined) return;
      const code = await codeOf(async () => overtaken.undo?.(late.ctx));
      assert.ok(code === "no error" || code === "CONFLICT", `undo of what was never written throws ${code}`);
      assert.deepEqual(await harness.readBack(stage), stage.values[1], "undo took back another process's write");
    },
  },
  {
    id: "sink-commit-conflict",
    name: "commits over somebody else's write whole, or refuses with CONFLICT and leaves it",
    why: "After CONFLICT the engine prepares again; a write that mixes two writers' values is believed by nobody.",
    check: async (harness, stage) => {
      const at = await scene(harness, stage);
      const prepared = await prepare(at, stage.values[0]);
      await harness.meddle(stage);
      const meddled = await harness.snapshot(stage);
      const code = await codeOf(() => prepared.commit(at.ctx));
      if (code === "CONFLICT")
        return assert.deepEqual(await harness.snapshot(stage), meddled, "a refused commit wrote");
      assert.equal(code, "no error", "a commit after somebody else's write");
      assert.deepEqual(await harness.readBack(stage), stage.values[0], "a commit that succeeded did not write all");
    },
  },
];

const failing: readonly SinkRule[] = [
  {
    id: "sink-refused",
    name: "throws a RotateError with a hint when the target refuses, already in prepare or check",
    why: "Found before the mint, it costs nothing.",
    check: async (harness, stage) => {
      await harness.refuse(stage);
      const { sink } = harness;
      const ctx = contextOn(sink.options, stage);
      const early = async (): Promise<unknown> => {
        const loggedIn = { ...ctx, login: await sink.login?.(ctx) };
        await sink.check?.(loggedIn);
        return prepare({ sink, ctx: loggedIn }, stage.values[0]);
      };
      await assertRefused(early, { what: "check or prepare", ctx, secrets: secretsOf(stage) });
    },
  },
  {
    id: "sink-signal",
    name: "ends with its signal when the target is silent",
    why: "A call that outlives its time limit holds the rotation's lock.",
    applies: ({ hang }) => hang !== undefined,
    check: async (harness, stage) => {
      await harness.hang?.(stage);
      await assertObeysSignal(async () => prepare(await scene(harness, stage, shortLimit), stage.values[0]), "prepare");
    },
  },
  {
    id: "sink-no-leak",
    name: "gives no secret away in log and prepared write",
    why: "What `prepare` returns may be printed: keep values in a closure or as `Secret`.",
    check: async (harness, stage) => {
      const at = await scene(harness, stage);
      const [samples] = stage.values;
      await at.sink.check?.(at.ctx);
      await at.sink.check?.({ ...at.ctx, keys: Object.keys(samples), samples: sinkValues(samples) });
      const prepared = await write(at, stage.values[0]);
      await assertNoLeak(secretsOf(stage), at.ctx, { "the prepared write": prepared });
    },
  },
];

/** The sentences of the contract, for those who run them without a test runner. */
export const sinkRules: readonly SinkRule[] = [
  ...shape,
  ...writing,
  ...lateRules,
  ...undoing,
  ...failing,
  ...sinkFaultRules,
];

const contract = defineContract(sinkRules, ({ sink }) => `sink ${sink.type} keeps the contract`);

/**
 * Tests that a sink keeps the contract of the plugin kit, one for each sentence that concerns it. Run it once on an empty target and once on one that holds
 * other things, which `snapshot` then includes.
 *
 * ```ts
 * sinkContract({ describe, test }, {
 *   sink,
 *   start: async () => ({ options: { path }, path, values: [{ TOKEN: "first-text" }, { TOKEN: "second-text" }] }),
 *   snapshot: async ({ path }) => readFile(path, "utf8").catch(() => undefined),
 *   readBack: async ({ path }) => parse(await readFile(path, "utf8")),
 *   meddle: ({ path }) => writeFile(path, "TOKEN=theirs"),
 *   refuse: ({ path }) => chmod(dirname(path), 0o500),
 * });
 * ```
 */
export function sinkContract<S extends SinkStage>(api: TestApi, harness: SinkHarness<S>): void {
  contract.register(api, harness as unknown as SinkHarness);
}

/** The same contract without a test runner, for `runSuites`. */
export function sinkSuite<S extends SinkStage>(harness: SinkHarness<S>): Suite {
  return contract.suite(harness as unknown as SinkHarness);
}
