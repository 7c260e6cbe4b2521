/** One failure in one phase, and what the world looks like afterwards: a cell of the failure table. */
import { describe, expect, test } from "vitest";
import { exitCodeOfRun, exitCodeOfStatus } from "../../src/exit-code.ts";
import { createMemoryState } from "../backend/memory.ts";
import { scripted, type Turn } from "./choices.ts";
import { durable } from "./durable.ts";
import { name } from "./parts.ts";
import { runProcess, statusIn } from "./process.ts";
import { createWorld, lives, second, type Shape, type World } from "./world.ts";

/** What the consumer held before the rotation that fails. */
type Before = "nothing" | "live" | "expired";

const shape: Shape = {
  sinks: ["file", "remote"],
  revoke: "handle",
  find: false,
  rollback: false,
  overlap: true,
  consumers: 1,
  rich: { timeouts: true },
};

interface Options {
  readonly shape?: Partial<Shape>;
  /** Seconds that pass between a good rotation and the process that fails: for what comes after `settled`. */
  readonly after?: number;
}

type Failure = Options & { readonly turns: readonly Turn[] };

/** Failures that all end alike. A cell per state before: see `cellOf`. */
export interface Row {
  readonly outcome: string;
  readonly after: Readonly<Partial<Record<Before, string>>>;
  readonly failures: readonly (readonly [
    phase: string,
    turns: readonly (readonly [label: string, nth: number, fault: string])[],
    options?: Options,
  ])[];
}

/** One test per failure and state before. */
export function proveTable(rows: readonly Row[]): void {
  const named = rows.map((row) => [row.outcome, row] as const);
  describe.each(named)("%s", (_, { after, failures }) => {
    for (const [phase, turns, options] of failures)
      for (const [before, cell] of Object.entries(after))
        test(`${phase}, ${words[before as Before]}`, async () => {
          const script = turns.map(([label, nth, fault]): Turn => ({ label, nth, fault }));
          expect(await cellOf(before as Before, { turns: script, ...options })).toBe(cell);
        });
  });
}

const words: Readonly<Record<Before, string>> = {
  nothing: "nothing held before",
  live: "with a live lease before",
  expired: "with an expired lease before",
};

/**
 * Runs a rotation with these turns, then another process without faults 6 s later. P is the lease before, G the one of the failing rotation, N the next.
 * The cell says what the consumer holds, which leases live upstream, what `status` says, both exit codes, and how the next process ends.
 */
async function cellOf(before: Before, { turns, shape: overrides, after }: Failure): Promise<string> {
  const world = createWorld({ ...shape, ...overrides }, scripted(turns));
  const store = durable(createMemoryState());
  const run = () => runProcess(world, store, { force: false });
  if (before !== "nothing") await quietly(world, run);
  world.time += (before === "expired" ? 45 : 27) * second;
  if (after !== undefined) {
    await quietly(world, run);
    world.time += after * second;
  }
  const report = await run();
  const status = statusIn(world, store, await store.load(name));
  const leases = nameLeases(before);
  const held = () => [...new Set(world.consumers.flat().map(leases))].join("+") || "nothing";
  const live = world.issued.filter((one) => lives(world, one)).map(({ value }) => leases(value));
  const exit = report ? `exit ${exitCodeOfRun({ rotations: [report] })}` : "killed";
  const now = `holds ${held()}, live ${live.join(" ") || "none"}, ${status.state}, ${exit}, check ${exitCodeOfStatus({ rotations: [status] })}`;
  world.time += 6 * second;
  const next = await quietly(world, run);
  return `${now}; next ${next?.outcome}, holds ${held()}`;
}

async function quietly<T>(world: World, act: () => Promise<T>): Promise<T> {
  world.quiet = true;
  try {
    return await act();
  } finally {
    world.quiet = false;
  }
}

function nameLeases(before: Before): (value: string) => string {
  const names = before === "nothing" ? ["G", "N", "N2"] : ["P", "G", "N"];
  return (value) => names[Number(value.replace("value-", "")) - 1] ?? value;
}
