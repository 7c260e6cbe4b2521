/** What a program promises on the wire, whatever its parts do: docs/plugin-protocol.md. Each sentence has a process of its own. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { programKinds, type Launch, type Told } from "@rotate/core";
import type { Failure, Promised, Suite } from "@rotate/testkit";

/** Where they are written down, in the package of the command line. */
const page = "docs/plugin-protocol.md#what-a-program-promises-on-the-wire";

/** A program that is spoken to byte by byte. */
interface Line {
  /** Writes to its input. */
  readonly write: (text: string) => void;
  /** Its next answer. */
  readonly next: () => Promise<Readonly<Record<string, unknown>>>;
  /** Ends its input. Its exit code. */
  readonly end: () => Promise<number | null>;
}

/** What is tried. */
interface Program {
  readonly launch: Launch;
  readonly description: Told["describe"];
}

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly why: string;
  /** Of programs that serve one call only too. */
  readonly oneShot?: true;
  readonly check: (line: Line, program: Program) => Promise<void>;
}

/** Milliseconds that a program has to answer or to end. */
const patience = 30_000;

const describeCall = { call: "describe", protocols: [1] };

function frame(id: number, body: object): string {
  return `${JSON.stringify({ id, ...body })}\n`;
}

async function expectDescription(line: Line, { description }: Program, id = 1): Promise<void> {
  const answer = await line.next();
  assert.equal(answer["id"], id, "its answer has the id of the call");
  assert.deepEqual(answer["ok"], description, "it describes itself as before");
}

/** What they are; the page has the same table. */
export const wireRules: readonly Rule[] = [
  {
    id: "wire-describe",
    name: "describes itself the same each time",
    why: "What it says is held against `rotate.lock` at each start, and at each call of a new process.",
    check: async (line, program) => {
      line.write(frame(1, describeCall));
      await expectDescription(line, program);
      line.write(frame(2, describeCall));
      await expectDescription(line, program, 2);
    },
  },
  {
    id: "wire-unknown-keys",
    name: "ignores keys of a call that it does not know",
    why: "A later rotate may send more.",
    oneShot: true,
    check: async (line, program) => {
      line.write(frame(1, { ...describeCall, "x-later": { a: [1, null, "é"] } }));
      await expectDescription(line, program);
    },
  },
  {
    id: "wire-large-call",
    name: "takes a call of nearly 1 MiB",
    why: "Values may be long. Line readers of some languages stop at 64 KiB unless they are told otherwise.",
    oneShot: true,
    check: async (line, program) => {
      line.write(frame(1, { ...describeCall, "x-later": "x".repeat(1_000_000) }));
      await expectDescription(line, program);
    },
  },
  {
    id: "wire-pieces",
    name: "waits for the end of a line that comes in pieces",
    why: "A pipe gives what has arrived, not lines.",
    oneShot: true,
    check: async (line, program) => {
      const text = frame(1, describeCall);
      line.write(text.slice(0, 20));
      await new Promise((resolve) => setTimeout(resolve, 50));
      line.write(text.slice(20));
      await expectDescription(line, program);
    },
  },
  {
    id: "wire-unknown-verb",
    name: "answers a verb that it does not have with an error, and goes on",
    why: "A program that dies of one call takes the others with it.",
    oneShot: true,
    check: async (line, { description }) => {
      const kind = programKinds.find((one) => description[one]);
      const part = `${kind}/${description[kind ?? "providers"]?.[0]?.type}`;
      line.write(frame(1, { call: "no-such-verb", part, options: {} }));
      const { error } = await line.next();
      assert.equal(typeof error, "object", "its answer is an `error`");
      const { code, message, retryable } = error as Readonly<Record<string, unknown>>;
      assert.deepEqual([typeof code, typeof message, retryable], ["string", "string", false], "that is not retryable");
    },
  },
  {
    id: "wire-late-cancel",
    name: "lets a cancellation pass that comes when the call is over",
    why: "It may cross the answer on its way.",
    check: async (line, program) => {
      line.write(frame(1, describeCall));
      await expectDescription(line, program);
      line.write('{"cancel":1}\n');
      line.write(frame(2, describeCall));
      await expectDescription(line, program, 2);
    },
  },
  {
    id: "wire-end",
    name: "ends with 0 when its input ends",
    why: "What goes on is killed; what ends otherwise counts as a fault, and after three a minute it is not started again.",
    oneShot: true,
    check: async (line, program) => {
      line.write(frame(1, describeCall));
      await expectDescription(line, program);
      assert.equal(await line.end(), 0, "its exit code");
    },
  },
];

/** What a program promises on the wire, as a suite. */
export function wireSuite(program: Program): Suite {
  const title = "the program on the wire keeps the contract";
  return { title, promises: wireRules.map((rule) => promisedBy(rule, program)) };
}

function promisedBy({ id, name, why, oneShot, check }: Rule, program: Program): Promised {
  const applies = oneShot === true || program.description.oneShot !== true;
  return { id, name, why, page, applies, run: () => failureOf(() => onLine(program, check)) };
}

/** Nothing secret was sent. */
async function failureOf(work: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
  } catch (error) {
    return error instanceof Error
      ? { message: error.message, stack: error.stack ?? "" }
      : { message: String(error), stack: "" };
  }
  return undefined;
}

async function onLine(program: Program, check: Rule["check"]): Promise<void> {
  const { file, cwd } = program.launch;
  const child = spawn(file, [], { cwd, stdio: "pipe" });
  try {
    await check(lineOf(child), program);
  } finally {
    child.kill("SIGKILL");
  }
}

function lineOf(child: ChildProcessWithoutNullStreams): Line {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  child.stderr.resume();
  child.stdin.on("error", () => undefined); // its end tells
  return {
    write: (text) => void child.stdin.write(text),
    async next() {
      const { value, done } = await inTime(lines.next(), "answer");
      assert.ok(done !== true, "it ended without an answer");
      return JSON.parse(value) as Readonly<Record<string, unknown>>;
    },
    async end() {
      child.stdin.end();
      const [code] = (await inTime(exited, "end")) as [number | null];
      return code;
    },
  };
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `it does not ${what}` })), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
