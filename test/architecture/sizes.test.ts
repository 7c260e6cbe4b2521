import { expect, test } from "vitest";
import { allSources, lengthsOf } from "./syntax.ts";

/** A function that returns an object of functions stands for a class: `whole` counts those inside it, which count by themselves as well. */
const mostLines = { own: 60, whole: 90, file: 300 };

const sources = allSources();

test("no function is longer than what a reader sees at once", () => {
  const long = sources.flatMap(lengthsOf).filter(({ own, lines }) => own > mostLines.own || lines > mostLines.whole);
  expect(long).toEqual([]);
});

test("no file holds more than a reader takes in", () => {
  const lengths = sources.map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }));
  expect(lengths.filter(({ lines }) => lines > mostLines.file)).toEqual([]);
});
