import { createTestContext } from "@rotate/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readFields } from "../src/fields.ts";
import type { VaultContext } from "../src/options.ts";

const ctx = createTestContext() as unknown as VaultContext;

function pointerTo(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function nested(keys: readonly string[], leaf: string): Readonly<Record<string, unknown>> {
  const [first = "", ...rest] = keys;
  return Object.fromEntries([[first, rest.length === 0 ? leaf : nested(rest, leaf)]]);
}

test("a pointer finds what stands at any depth under any keys", () => {
  const keys = fc.array(fc.string(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(keys, fc.string(), (path, leaf) => {
      const { found } = readFields(nested(path, leaf), { fields: { found: pointerTo(path) } }, ctx);
      expect(found?.reveal()).toBe(leaf);
    }),
  );
});

test("what is not there is an error that names the keys there are, and nothing is taken from an object's prototype", () => {
  for (const source of ["missing", "/a/missing", "constructor", "/a/__proto__/toString", "/list/length", "a", "none"]) {
    const read = () => readFields({ a: { b: "s3cret" }, list: [1], none: null }, { fields: { x: source } }, ctx);
    expect(read).toThrow(
      expect.objectContaining({ code: "BAD_ANSWER", hint: "it has: a, list, none; correct `fields`" }),
    );
  }
});

test("numbers, truth values and lists of texts come as text", () => {
  const data = { port: 5432, tls: true, chain: ["one", "two"] };
  const fields = readFields(data, { fields: { port: "port", tls: "tls", chain: "chain", second: "/chain/1" } }, ctx);
  expect(Object.values(fields).map((field) => field.reveal())).toEqual(["5432", "true", "one\ntwo", "two"]);
});
