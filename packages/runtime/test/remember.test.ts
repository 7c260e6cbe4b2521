import { expect, test } from "vitest";
import { createRuntime } from "../src/create-runtime.ts";
import { remembering } from "../src/remember.ts";

/** A runtime whose commands are counted; the clock goes by hand. */
function counted(exitCodes: readonly number[] = []) {
  let now = 0;
  const runs: string[] = [];
  const runtime = remembering({
    ...createRuntime({ env: {} }),
    monotonic: () => now,
    exec: async ([program], _init, signal) => {
      runs.push(program);
      const [exitCode = 0, stdout] = [exitCodes[runs.length - 1], `${program} ${runs.length}`];
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      return { exitCode, stdout, stderr: "" };
    },
  });
  const read = async (program: string, signal = new AbortController().signal) =>
    (await runtime.execReference!([program], {}, signal)).stdout;
  return { runtime, runs, read, pass: (milliseconds: number) => void (now += milliseconds) };
}

test("a command runs once for all who ask within half a minute, also at the same moment", async () => {
  const { runs, read, pass } = counted();
  expect(await Promise.all([read("a"), read("a"), read("b")])).toEqual(["a 1", "a 1", "b 2"]);
  pass(29_000);
  expect(await read("a")).toBe("a 1");
  pass(1_000);
  expect(await read("a")).toBe("a 3");
  expect(runs).toEqual(["a", "b", "a"]);
});

test("one that failed runs again, and so does each after a refusal", async () => {
  const { runtime, runs, read } = counted([1]);
  await read("a");
  expect(await read("a")).toBe("a 2");
  expect(await read("a")).toBe("a 2");
  runtime.forgetReferences?.();
  expect(await read("a")).toBe("a 3");
  expect(runs).toHaveLength(3);
});

test("one that is ended with the call of somebody else runs anew for the others", async () => {
  const { read } = counted();
  const ended = new AbortController();
  const first = read("a", ended.signal);
  const second = read("a");
  ended.abort();
  await expect(first).rejects.toThrow("aborted");
  expect(await second).toBe("a 2");
});
