/** Histories with a story: those that once ended in a broken promise, and those that show what a rule is for. */
import { scripted, type Turn } from "./choices.ts";
import type { HistoryOptions } from "./history.ts";
import type { Rich, Shape } from "./world.ts";

const base = { revoke: "handle", find: true, rollback: false, overlap: true, consumers: 1 } as const;

export interface Past {
  readonly story: string;
  readonly shape: Partial<Shape> & { readonly sinks: Shape["sinks"]; readonly rich: Rich };
  readonly early?: number;
  readonly turns: readonly (readonly [label: string, nth: number, fault: string])[];
}

/** The history of a story. */
export function optionsOf({ shape, early = 26, turns }: Past): HistoryOptions {
  const script = turns.map(([label, nth, fault]): Turn => ({ label, nth, fault }));
  return { shape: { ...base, ...shape }, early, rounds: 5, choices: scripted(script) };
}

export const past: readonly Past[] = [
  {
    story:
      "a sink that nobody could ever read, cut off in its first write, is not taken to hold what was to be written",
    shape: { sinks: ["file", "remote", "blind"], rich: { pauses: true, stateLost: true } },
    early: 38,
    turns: [
      ["after journal opened", 1, "state lost"],
      ["after journal committed", 2, "crash"],
    ],
  },
  {
    story: "a sink that left the spec while a restored state was in the middle of writing it still pins that lease",
    shape: {
      sinks: ["remote", "file"],
      rich: { pauses: true, twoProcesses: true, stateRollback: true, handEdits: true, specChange: true },
    },
    early: 38,
    turns: [
      ["before journal committing", 1, "state backed up or restored"],
      ["before journal committed", 2, "sink dropped"],
      ["after journal reload-begin", 1, "state backed up or restored"],
      ["after journal settled", 1, "request changed"],
    ],
  },
  {
    story: "a record stamped before another process went on does not make the clock leap",
    shape: {
      sinks: ["blind", "file", "remote"],
      revoke: "value",
      find: false,
      rollback: true,
      renew: true,
      rich: { pauses: true, twoProcesses: true },
    },
    turns: [
      ["before journal opened", 3, "second process"],
      ["before journal opened", 4, "long pause"],
      ["after journal opened", 3, "long pause"],
      ["after journal committed", 2, "long pause"],
    ],
  },
  {
    story: "an undo whose answer was lost is fenced at once, not when somebody next looks at that sink",
    shape: {
      sinks: ["remote", "file"],
      revoke: "value",
      find: false,
      rollback: true,
      rich: { pauses: true, specChange: true },
    },
    early: 20,
    turns: [
      ["before journal published", 1, "sinks reordered"],
      ["before journal reload-begin", 1, "pause"],
      ["reload 0", 1, "fails"],
      ["before journal undone", 1, "sink dropped"],
      ["undo 0", 1, "late"],
      ["after journal opened", 4, "long pause"],
      ["before journal opened", 5, "a late write lands"],
    ],
  },
  {
    story: "a clock that was set back across a reboot does not bring an ended credential back",
    shape: { sinks: ["file"], revoke: "none", find: false, rollback: true, rich: { pauses: true, clock: true } },
    early: 20,
    turns: [
      ["before journal opened", 1, "clock 8 s back"],
      ["after journal opened", 1, "long pause"],
      ["before journal intent", 1, "reboot"],
      ["after the mint", 1, "pause"],
      ["health", 1, "fails"],
    ],
  },
  {
    story: "the sinks are looked at once more between the record of a revocation and the call",
    shape: { sinks: ["file"], rollback: true, repair: true, policy: "always", rich: { pauses: true, handEdits: true } },
    early: 20,
    turns: [["before journal revoking", 1, "an old value by hand"]],
  },
  {
    story: "an answer that is refused although it names the credential in use does not take that away",
    shape: { sinks: ["file"], rich: { pauses: true, clock: true } },
    early: 38,
    turns: [
      ["mint", 1, "same value"],
      ["after the mint", 1, "clock 8 s ahead"],
    ],
  },
  {
    story: "a sink that comes back to the spec is known by the credential that it kept, given again meanwhile or not",
    shape: { sinks: ["remote", "file"], consumers: 2, rich: { pauses: true, specChange: true } },
    turns: [
      ["after journal opened", 1, "request changed"],
      ["after journal committed", 1, "sink dropped"],
      ["before journal sinks", 1, "request changed"],
      ["mint", 2, "same value"],
      ["after the reload", 3, "sink added"],
    ],
  },
  {
    story: "an old value that somebody puts back just before its revocation is seen",
    shape: { sinks: ["file"], rich: { pauses: true, handEdits: true } },
    turns: [
      ["after journal opened", 2, "pause"],
      ["after journal opened", 3, "an old value by hand"],
    ],
  },
  {
    story: "what may have been written is not taken back by a process that lost its claim while it asked the sink",
    shape: {
      sinks: ["remote", "file"],
      rollback: true,
      overlap: false,
      repair: true,
      rich: { pauses: true, twoProcesses: true },
    },
    turns: [
      ["after journal committed", 1, "crash"],
      ["commit 0", 2, "answer lost"],
      ["before journal observed", 2, "second process"],
    ],
  },
  {
    story: "a process that was overtaken between what it announced and the write does not write",
    shape: { sinks: ["file", "file", "file"], rich: { pauses: true, twoProcesses: true } },
    early: 20,
    turns: [["after journal committing", 1, "second process"]],
  },
  {
    story: "a write to a store that refuses none lands after a later one was acknowledged",
    shape: { sinks: ["file", "late-blind"], rich: { pauses: true } },
    turns: [
      ["commit 1", 1, "late, and killed"],
      ["during a wait", 1, "a late write lands"],
      ["after journal reload-begin", 1, "a late write lands"],
    ],
  },
  {
    story: "a mint that kills its predecessor waits until that one can no longer land anywhere",
    shape: { sinks: ["late-blind"], rollback: true, overlap: false, rich: {} },
    turns: [
      ["commit 0", 1, "late, and killed"],
      ["during a wait", 1, "a late write lands"],
      ["after journal committed", 1, "crash"],
    ],
  },
  {
    story: "a late write that landed over a new one, and could land no more when all were written, is seen",
    shape: { sinks: ["late", "file"], consumers: 2, rollback: true, rich: { pauses: true, specChange: true } },
    early: 38,
    turns: [
      ["before journal intent", 1, "request changed"],
      ["commit 0", 1, "late"],
      ["before journal committed", 3, "a late write lands"],
      ["after journal committed", 3, "pause"],
    ],
  },
  {
    story: "a process that was overtaken takes back nothing where another one has written the same value",
    shape: { sinks: ["late", "file"], rollback: true, rich: { twoProcesses: true } },
    early: 41,
    turns: [
      ["commit 1", 1, "is refused"],
      ["before journal observed", 1, "second process"],
      ["mint", 2, "same value"],
    ],
  },
  {
    story: "a process that dies while it waits for a late write ends there",
    shape: { sinks: ["late", "file"], rollback: true, rich: {} },
    turns: [
      ["commit 0", 1, "late, and killed"],
      ["during a wait", 1, "crash"],
    ],
  },
  {
    story: "what a late write put there before the second try is not taken for what stood there before",
    shape: { sinks: ["late", "file"], rollback: true, rich: {} },
    early: 41,
    turns: [
      ["commit 0", 1, "late"],
      ["after journal committing", 2, "a late write lands"],
    ],
  },
  {
    story: "nothing is undone that a late write may land over",
    shape: { sinks: ["late", "file"], rollback: true, rich: {} },
    turns: [
      ["commit 0", 1, "late"],
      ["commit 1", 1, "is refused"],
      ["commit 1", 2, "is refused"],
      ["after journal failed", 1, "a late write lands"],
    ],
  },
  {
    story: "a late write lands in the last moment in which it may",
    shape: { sinks: ["late", "file"], rollback: true, rich: {} },
    turns: [
      ["commit 0", 1, "late"],
      ["commit 1", 1, "is refused"],
      ["commit 1", 2, "is refused"],
      ["before journal settled", 1, "a late write lands"],
    ],
  },
  {
    story: "time that a clock leapt over is none that a late write has had",
    shape: {
      sinks: ["file", "late-blind"],
      revoke: "none",
      find: false,
      rich: { pauses: true, clock: true, stateRollback: true, stateLost: true },
    },
    early: 20,
    turns: [
      ["after the write", 2, "crash"],
      ["after journal failed", 1, "reboot"],
      ["commit 1", 2, "late"],
      ["after journal committed", 3, "reboot"],
      ["after journal failed", 2, "clock 8 s ahead"],
      ["prepare 1", 4, "fails"],
    ],
  },
  {
    story: "what a state that was put back calls published, and never heard of, is replaced at once",
    shape: {
      sinks: ["file"],
      find: false,
      rollback: true,
      overlap: false,
      renew: true,
      consumers: 2,
      rich: { pauses: true, stateRollback: true, handEdits: true },
    },
    early: 41,
    turns: [
      ["after the mint", 1, "state backed up or restored"],
      ["before journal settled", 1, "state backed up or restored"],
    ],
  },
  {
    story: "what stood in a sink when the machine lost power is known for what it is",
    shape: { sinks: ["file", "remote"], rich: { power: true } },
    turns: [["after the write", 1, "power failure"]],
  },
  {
    story: "what stood in a sink that cannot be read when the machine lost power is made good by a new mint",
    shape: { sinks: ["blind", "blind"], rich: { power: true } },
    turns: [["after the write", 1, "power failure"]],
  },
  {
    story: "what somebody revoked just before the process died is not called well",
    shape: { sinks: ["file"], rich: { byHand: true } },
    turns: [
      ["a process starts", 1, "somebody revokes what is in use"],
      ["after the revocation", 1, "crash"],
    ],
  },
  {
    story: "what somebody revoked just before the machine lost power is not called well",
    shape: { sinks: ["file"], rich: { byHand: true, power: true } },
    turns: [
      ["a process starts", 1, "somebody revokes what is in use"],
      ["after the revocation", 1, "power failure"],
    ],
  },
  {
    story: "what somebody revoked, and the state forgot, is not called well because a second revocation is refused",
    shape: { sinks: ["file"], rich: { byHand: true, power: true } },
    early: 20,
    turns: [
      ["a process starts", 1, "somebody revokes what is in use"],
      ["before journal opened", 2, "power failure"],
      ["a process starts", 2, "somebody revokes what is in use"],
      ["revoke", 2, "fails"],
    ],
  },
  {
    story: "what somebody revoked just before the machine lost power is not rolled back to",
    shape: { sinks: ["file"], rollback: true, rich: { byHand: true, power: true } },
    turns: [
      ["a process starts", 1, "somebody revokes what is in use"],
      ["before journal gone", 1, "power failure"],
      ["health", 1, "fails"],
    ],
  },
  {
    story: "a mint whose answer came just before the machine lost power is known of",
    shape: { sinks: ["file"], find: false, rich: { power: true } },
    turns: [["after the mint", 1, "power failure"]],
  },
  {
    story: "a credential that the issuer repeated, and whose write was cut off, does not land over the next one",
    shape: { sinks: ["late-blind"], find: false, rollback: true, rich: { pauses: true, blackouts: true } },
    turns: [
      ["mint", 1, "answer lost"],
      ["preflight", 2, "fails"],
      ["mint", 2, "same value"],
      ["commit 0", 1, "late, and killed"],
    ],
  },
  {
    story:
      "a credential that a lost state knows nothing of, and the issuer repeats, is not revoked while a sink that nobody can read may hold it",
    shape: { sinks: ["late-blind"], find: false, rich: { pauses: true, stateLost: true } },
    early: 41,
    turns: [
      ["before journal reload-begin", 1, "state lost"],
      ["mint", 2, "same value"],
      ["verify", 2, "fails"],
    ],
  },
];
