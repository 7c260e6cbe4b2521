import { expect, test } from "vitest";
import { createContext } from "../src/context.ts";
import { createRuntime, type RuntimeOptions } from "../src/create-runtime.ts";

function contextWith(options: RuntimeOptions) {
  return createContext({ runtime: createRuntime(options), options: {}, signal: new AbortController().signal });
}

test("an announcement is made as it is, secrets included, one line each", () => {
  const lines: string[] = [];
  const { announce, secret } = contextWith({ announce: (line) => void lines.push(line) });
  announce?.(secret("hunter2-hunter2"));
  expect(lines).toEqual(["hunter2-hunter2"]);
  expect(() => announce?.("one\n::set-env::two")).toThrow("line feed");
  expect(lines).toHaveLength(1);
});

test("where nobody reads, nothing can be announced", () => {
  expect(contextWith({}).announce).toBeUndefined();
});
