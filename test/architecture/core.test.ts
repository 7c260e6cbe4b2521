import { describe, expect, test } from "vitest";
import { filesUnder } from "../support/workspace.ts";
import { importsIn, isRelative, targetOf } from "./sources.ts";

const source = "packages/core/src/";

/** The rooms of the engine, each with those that it may import; the files beside them hold words that all share. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  loading: ["schedule"],
  plugins: ["loading"],
  schedule: [],
  store: ["schedule"],
  backend: ["shared", "loading", "store", "schedule"],
  local: ["shared", "loading", "store", "schedule", "backend"],
  fleet: ["shared", "loading", "store", "schedule", "backend", "local"],
  permits: ["loading", "backend"],
  credential: ["loading", "schedule", "store", "backend", "rotation"],
  rotation: ["shared", "loading", "store", "schedule", "backend", "permits", "credential"],
  engine: ["shared", "loading", "store", "schedule", "backend", "permits", "credential", "rotation"],
  metrics: ["shared"],
  notify: ["shared", "loading", "schedule", "backend", "rotation"],
  lookout: ["shared", "loading", "rotation", "engine", "metrics", "notify"],
  watch: ["shared", "loading", "plugins", "backend", "rotation", "engine", "metrics", "lookout"],
  doctor: ["shared", "loading", "plugins", "backend", "local", "engine"],
  serving: ["shared", "loading", "schedule", "store", "credential", "rotation", "engine", "watch"],
  index: [
    "shared",
    "loading",
    "plugins",
    "backend",
    "local",
    "fleet",
    "rotation",
    "engine",
    "watch",
    "serving",
    "metrics",
    "lookout",
    "doctor",
  ],
};

/** Pairs of rooms that import each other. A list to make shorter, never longer. */
const mutual = [["credential", "rotation"]];

function roomOf(file: string): string {
  const inside = file.slice(source.length);
  if (inside === "index.ts") return "index";
  return inside.includes("/") ? (inside.split("/")[0] ?? "") : "shared";
}

/** `from → to` of every import that leaves its room. */
const crossings = importsIn("packages/core")
  .filter(isRelative)
  .map((one) => ({ from: roomOf(one.file), to: roomOf(targetOf(one)), file: one.file, specifier: one.specifier }))
  .filter(({ from, to }) => from !== to);

describe("the rooms of the engine", () => {
  test("every folder is one of them", () => {
    const found = new Set(filesUnder(source, ".ts").map(roomOf));
    expect([...found].toSorted()).toEqual(Object.keys(rooms).toSorted());
  });

  test.each(Object.entries(rooms))("%s imports only %j", (room, allowed) => {
    const wrong = crossings.filter(({ from, to }) => from === room && !allowed.includes(to));
    expect(wrong).toEqual([]);
  });

  test.each(Object.entries(rooms))("%s imports each of %j", (room, allowed) => {
    const used = new Set(crossings.filter(({ from }) => from === room).map(({ to }) => to));
    expect(allowed.filter((other) => !used.has(other))).toEqual([]);
  });

  test("no two import each other but those that are known", () => {
    const pairs = Object.entries(rooms).flatMap(([room, allowed]) =>
      allowed.filter((other) => room < other && rooms[other]?.includes(room)).map((other) => [room, other]),
    );
    expect(pairs).toEqual(mutual);
  });
});
