import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { execError, lastLines } from "../src/index.ts";

test("shows the last lines of stderr, and nothing of stdout", () => {
  const error = execError("app failed", {
    exitCode: 1,
    stdout: "s3cret",
    stderr: "one\ntwo\n\nthree\nfour\nfive\nsix\n",
  });
  expect(error.message).toBe("app failed (exit 1): two | three | four | five | six");
  expect(error).toMatchObject({ code: "FAILED", retryable: false });
});

test("takes exit 75 as a request to try again later", () => {
  expect(execError("app failed", { exitCode: 75, stdout: "", stderr: "" })).toMatchObject({
    message: "app failed (exit 75)",
    retryable: true,
  });
});

test("the last lines are one short line without control characters, whatever a program prints", () => {
  assert(
    property(string({ unit: "binary", maxLength: 2000 }), (text) => {
      const shown = lastLines(text);
      expect(shown.length).toBeLessThanOrEqual(500);
      expect(Array.from(shown).filter((char) => char < " " || char === "\u007f")).toEqual([]);
    }),
  );
  expect(lastLines("\u001b[31mred\u001b[0m\r\nnext\tone")).toBe("red | next one");
});
