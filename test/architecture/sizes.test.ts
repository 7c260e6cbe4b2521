import { expect, test } from "vitest";
import { allSources, lengthsOf } from "./syntax.ts";

/** A function that returns an object of functions stands for a class: `whole` counts those inside it, which count by themselves as well. */
const mostLines = { own: 60, whole: 90, file: 300 };

/** Those that are longer. A list to make shorter, never longer. */
const known = ["createRounds"];

const sources = allSources();

test("no function is longer than what a reader sees at once", () => {
  const long = sources.flatMap(lengthsOf).filter(({ own, lines }) => own > mostLines.own || lines > mostLines.whole);
  expect(long.filter(({ name }) => !known.includes(name))).toEqual([]);
});

test("no file holds more than a reader takes in", () => {
  const lengths = sources.map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }));
  expect(lengths.filter(({ file, lines }) => lines > mostLines.file && !known.includes(file))).toEqual([]);
});
