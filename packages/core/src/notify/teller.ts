import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Store } from "../backend/backend.ts";
import type { NotifierEntry, Spec } from "../loading/model.ts";
import type { TroubleReport } from "../report.ts";
import { callPart } from "../rotation/invoke.ts";
import { innerError } from "../rotation/errors.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { backoff } from "../schedule/backoff.ts";
import { presentAt } from "../schedule/clock.ts";
import { alarmOf } from "./alarm-text.ts";
import type { Concern } from "./concerns.ts";
import {
  heard,
  nextMessage,
  observe,
  taken,
  unheard,
  unknownReceiver,
  type Message,
  type ReceiverFailure,
  type ReceiverState,
  type Settle,
} from "./receiver.ts";

/** What is kept of all receivers. */
interface Notices {
  readonly receivers: Readonly<Record<string, ReceiverState>>;
}

/** Whom the alarms of a spec are told to, and where it is kept what was told. */
export interface TellerParts {
  readonly spec: Pick<Spec, "file" | "notify">;
  readonly deps: Pick<RotationDeps, "runtime" | "clock"> & { readonly store: Pick<Store, "note" | "changeNote"> };
  /** Default: that of this machine. */
  readonly host?: string;
}

/** One round of telling. */
export interface Telling {
  /** All that is not well. */
  readonly concerns: readonly Concern[];
  readonly settle: Settle;
  /** Ends what is being sent: it is sent again later. */
  readonly signal: AbortSignal;
}

/** How it stands with the receivers afterwards. */
export interface Told {
  /** Who cannot be told. */
  readonly failing: readonly TroubleReport[];
  /** Something is still to be told, or a try to be made again: ms until the next look makes sense. Infinity: nothing is. */
  readonly wait: number;
}

const noteKey = "notices";
/** One message may take so long; ms. */
const sendLimit = 15_000;
/** After it a process that was sending counts as dead. ms */
const deadAfter = sendLimit + 10_000;
/** A receiver that failed so often in a row is a matter for the others. */
const failuresToTell = 3;
/** While something waits to be ripe. ms */
const soon = 5_000;
const reminderLook = 60_000;
const triesLook = 30_000;

/**
 * Tells every receiver of the spec what it does not know yet. What was told is durable before the next message, and whatever process comes next goes on from
 * there. Never throws for a receiver. Throws EngineError `ROTATE_STATE_*`.
 */
export async function tell(parts: TellerParts, telling: Telling): Promise<Told> {
  const { spec, deps } = parts;
  if (spec.notify.length === 0) return { failing: [], wait: Infinity };
  const now = deps.clock.now();
  const notices = await changeNotices(parts, (before) => observeAll(before, spec.notify, { ...telling, now }));
  const all = [...telling.concerns, ...receiverConcerns(notices, spec.notify)];
  await Promise.all(spec.notify.map((entry) => tellOne(entry, parts, { ...telling, concerns: all })));
  return outcomeOf(await readNotices(parts), parts, telling);
}

async function readNotices({ deps }: TellerParts): Promise<Notices> {
  return ((await deps.store.note(noteKey)) as Notices | undefined) ?? { receivers: {} };
}

async function changeNotices({ deps }: TellerParts, change: (before: Notices) => Notices): Promise<Notices> {
  const empty: Notices = { receivers: {} };
  return (await deps.store.changeNote(noteKey, (before) =>
    change((before as Notices | undefined) ?? empty),
  )) as Notices;
}

/** Receivers that are not in the spec any more are forgotten: one that comes back knows nothing. */
function observeAll(
  before: Notices,
  entries: readonly NotifierEntry[],
  { concerns, now }: { readonly concerns: readonly Concern[]; readonly now: number },
): Notices {
  const others = receiverConcerns(before, entries);
  const receivers = entries.map((entry) => {
    const state = before.receivers[entry.id] ?? unknownReceiver;
    const own = others.filter(({ subject }) => subject !== subjectOf(entry));
    return [entry.id, observe(state, entry, { concerns: [...concerns, ...own], now })] as const;
  });
  const isSame =
    receivers.length === Object.keys(before.receivers).length &&
    receivers.every(([id, state]) => before.receivers[id] === state);
  return isSame ? before : { receivers: Object.fromEntries(receivers) };
}

function subjectOf({ where, type }: Pick<NotifierEntry, "where" | "type">): string {
  return `${where} (${type})`;
}

/** A receiver that cannot be told is told of to the others. */
function receiverConcerns({ receivers }: Notices, entries: readonly NotifierEntry[]): readonly Concern[] {
  return entries.flatMap((entry) => {
    const failure = receivers[entry.id]?.failure;
    if (failure === undefined || failure.count < failuresToTell) return [];
    const { code, message, hint } = failure;
    return [
      {
        subject: subjectOf(entry),
        alarm: "notifier-failed" as const,
        code,
        provider: "",
        message,
        ...(hint !== undefined && { hint }),
      },
    ];
  });
}

/** One message after the other, until all is said, it fails, or another process is at it. */
async function tellOne(entry: NotifierEntry, parts: TellerParts, telling: Telling): Promise<void> {
  while (!telling.signal.aborted) {
    const next = await take(entry, parts, telling);
    if (next === undefined) return;
    const failure = await send(entry, parts, { ...next, telling });
    const { message } = next;
    await changeReceiver(entry, parts, (state, now) =>
      failure === undefined ? heard(state, message, now) : unheard(state, message, failureAfter(state, failure, parts)),
    );
    if (failure !== undefined) return;
  }
}

interface Next {
  readonly message: Message;
  /** As it was before. */
  readonly state: ReceiverState;
}

/** The next message, which is ours to send; undefined when there is none, or when another process is sending. */
async function take(entry: NotifierEntry, parts: TellerParts, { settle }: Telling): Promise<Next | undefined> {
  let next: Next | undefined;
  await changeReceiver(entry, parts, (state, now) => {
    next = undefined;
    if (state.sending !== undefined && state.sending.until > now) return state;
    if (state.failure !== undefined && state.failure.notBefore > now) return state;
    const message = nextMessage(state, entry, { now, settle });
    if (message === undefined) return state;
    next = { message, state };
    return taken(state, message, { by: randomBytes(8).toString("hex"), until: now + deadAfter });
  });
  return next;
}

async function changeReceiver(
  { id }: NotifierEntry,
  parts: TellerParts,
  change: (state: ReceiverState, now: number) => ReceiverState,
): Promise<void> {
  const now = parts.deps.clock.now();
  await changeNotices(parts, (before) => {
    const state = before.receivers[id] ?? unknownReceiver;
    const after = change(state, now);
    return after === state ? before : { receivers: { ...before.receivers, [id]: after } };
  });
}

type Failed = Pick<ReceiverFailure, "code" | "message" | "hint">;

/** Undefined: it was heard. */
async function send(
  entry: NotifierEntry,
  { spec, deps, host = hostname() }: TellerParts,
  { message, state, telling }: Next & { readonly telling: Telling },
): Promise<Failed | undefined> {
  const { runtime } = deps;
  const concerns = new Map(telling.concerns.map((one) => [one.subject, one]));
  const about = { host, spec: spec.file, at: presentAt(deps.clock), receiver: entry.id, state, concerns };
  const bound = { ...entry, kind: "notifier", name: subjectOf(entry) };
  try {
    const alarm = alarmOf(message, about);
    await callPart({ runtime, bound }, { timeout: sendLimit, signal: telling.signal }, (ctx) =>
      entry.part.send(alarm, ctx),
    );
    return undefined;
  } catch (error) {
    const { code, message: text, hint } = innerError(error);
    return { code: `ROTATE_NOTIFY_${code}`, message: text, ...(hint !== undefined && { hint }) };
  }
}

/** Tried again after 10 s, doubling to 15 min. */
function failureAfter({ failure }: ReceiverState, failed: Failed, { deps }: TellerParts): ReceiverFailure {
  const now = deps.clock.now();
  const count = (failure?.count ?? 0) + 1;
  const wait = backoff(count, { initial: 10_000, max: 15 * 60_000, random: deps.runtime.random });
  return { ...failed, count, since: failure?.since ?? now, notBefore: now + wait };
}

function outcomeOf({ receivers }: Notices, { spec, deps }: TellerParts, { concerns, settle }: Telling): Told {
  const now = deps.clock.now();
  const states = spec.notify.map((entry) => [entry, receivers[entry.id] ?? unknownReceiver] as const);
  const failing = states.flatMap(([entry, { failure }]) => {
    if (failure === undefined) return [];
    const { code, message, hint } = failure;
    const told = `${subjectOf(entry)} was not told: ${message}`;
    return [{ code, message: told, ...(hint !== undefined && { hint }) }];
  });
  const waits = states.map(([entry, state]) => waitOf(entry, state, { now, settle }));
  // Nothing tells of one more try that failed.
  const counts = concerns.some(({ failures = Infinity }) => spec.notify.some(({ after }) => failures < after));
  return { failing, wait: Math.min(...waits, counts ? triesLook : Infinity) };
}

function waitOf(
  { remind }: NotifierEntry,
  { subjects, failure, sending }: ReceiverState,
  { now, settle }: { readonly now: number; readonly settle: Settle },
): number {
  const all = Object.values(subjects);
  const ripe = all.flatMap(({ change }) => (change ? [change.since + settle.worse, change.since + settle.better] : []));
  const next = [...ripe, ...(sending ? [sending.until] : [])].filter((at) => at > now);
  if (next.length > 0 || ripe.length > 0)
    return Math.max(Math.min(...next, now + soon + settle.better) - now, (failure?.notBefore ?? 0) - now, soon);
  return all.length > 0 && remind > 0 ? reminderLook : Infinity;
}
