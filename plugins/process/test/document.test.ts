import { RotateError } from "@rotate/plugin-kit";
import { assert, json, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { at, parseObject, pointerTo } from "../src/document.ts";

test("a pointer made from any name leads to that property", () => {
  assert(
    property(string({ unit: "binary" }), string(), (name, value) => {
      expect(at(JSON.parse(JSON.stringify({ [name]: value })), pointerTo(name))).toBe(value);
    }),
  );
});

test("a pointer into the prototype leads nowhere", () => {
  expect(at({}, "/constructor/name")).toBeUndefined();
  expect(at({}, "/__proto__")).toBeUndefined();
  expect(at({ list: [1, 2] }, "/list/length")).toBeUndefined();
  expect(at({ list: [1, 2] }, "/list/1")).toBe(2);
});

function outcome(text: string): unknown {
  try {
    return parseObject(text);
  } catch (error) {
    return error;
  }
}

test("whatever a command prints, it is an object or a refusal that quotes nothing", () => {
  assert(
    property(oneof(string(), json()), (text) => {
      const result = outcome(text);
      const refused = result instanceof RotateError && result.code === "BAD_ANSWER" && result.cause === undefined;
      expect(refused || (typeof result === "object" && !Array.isArray(result))).toBe(true);
    }),
  );
});
