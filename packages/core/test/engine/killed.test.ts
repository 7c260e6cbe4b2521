/** Real files, the real state, real processes that are killed: what stands afterwards, and what the next process makes of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runDriver, twoSinks } from "./drive.ts";

interface Killed {
  readonly at: string;
  /** What sinks a and b hold, and what the consumer read last. */
  readonly holds: readonly [a: string, b: string, consumer: string];
  readonly status: string;
  readonly check: number;
  /** How the next process ends, and what the consumer holds then. */
  readonly next: readonly [outcome: string, consumer: string];
}

const before = ["value-1", "value-1", "value-1"] as const;

const killed: readonly Killed[] = [
  { at: "journal intent 1", holds: before, status: "fresh", check: 0, next: ["fresh", "value-1"] },
  { at: "minted", holds: before, status: "fresh", check: 0, next: ["fresh", "value-1"] },
  { at: "journal minted 1", holds: before, status: "fresh", check: 0, next: ["fresh", "value-1"] },
  { at: "journal committing 2", holds: before, status: "failing", check: 4, next: ["fresh", "value-1"] },
  {
    at: "committed a",
    holds: ["value-2", "value-1", "value-1"],
    status: "failing",
    check: 4,
    next: ["rotated", "value-3"],
  },
  {
    at: "committed b",
    holds: ["value-2", "value-2", "value-1"],
    status: "failing",
    check: 4,
    next: ["rotated", "value-2"],
  },
  {
    at: "journal published 1",
    holds: ["value-2", "value-2", "value-1"],
    status: "reload-owed",
    check: 4,
    next: ["rotated", "value-2"],
  },
  {
    at: "reloaded app",
    holds: ["value-2", "value-2", "value-2"],
    status: "reload-owed",
    check: 4,
    next: ["reload-owed", "value-2"],
  },
  {
    at: "journal settled 1",
    holds: ["value-2", "value-2", "value-2"],
    status: "fresh",
    check: 0,
    next: ["fresh", "value-2"],
  },
];

test.each(killed.map((row) => [row.at, row] as const))("killed at %s", async (_, row) => {
  const scene = twoSinks();
  await scene.run();
  writeFileSync(join(scene.directory, "force"), "");
  expect(await runDriver(scene, row.at)).toMatchObject({ signal: "SIGKILL" });
  const consumer = () => scene.reloads().at(-1)?.split(" ").at(-1)?.split("+")[0];
  expect([scene.held("a"), scene.held("b"), consumer()]).toEqual(row.holds);
  expect(await scene.status()).toMatchObject({ state: row.status, check: row.check });
  const { db } = await scene.run();
  expect([db.outcome, consumer()]).toEqual(row.next);
  expect(new Set([scene.held("a"), scene.held("b")]).size).toBe(1);
  expect(scene.revoked()).not.toContain(consumer());
});
