/** What one receiver was told, and what it is to be told next: plain JSON, changed by pure steps, so that no process tells anything twice or forgets it. Instants: rotation time, ms. */
import type { NotifierEntry } from "../loading/model.ts";
import { causeOf, rankOf, worstOf, type Concern, type FiringStep } from "./concerns.ts";

/** All that is kept of one receiver. */
export interface ReceiverState {
  readonly subjects: Readonly<Record<string, SubjectState>>;
  /** Messages that it has taken. */
  readonly sent: number;
  /** A process is sending; from `until` on it counts as dead, and nobody knows whether it was heard. */
  readonly sending?: { readonly by: string; readonly until: number; readonly subjects: readonly string[] };
  readonly failure?: ReceiverFailure;
}

/** What its last tries failed of. */
export interface ReceiverFailure {
  readonly since: number;
  /** In a row. */
  readonly count: number;
  /** Not tried again before. */
  readonly notBefore: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What one receiver was told of one rotation or cause. */
export interface SubjectState {
  /** What it is told of under, from the first message to the last: its first cause. */
  readonly incident: string;
  /** What the receiver takes it for; absent: for well. */
  readonly told?: FiringStep;
  /** When it was told of last. */
  readonly toldAt: number;
  /** What it is now, where that differs: `to` absent is well. `tried`: it may have been told, nobody knows. */
  readonly change?: { readonly to?: FiringStep; readonly since: number; readonly tried?: true };
  /** What it was in between, and nobody knows whether that was heard. */
  readonly missed?: FiringStep | "well";
}

/** How long a change has to last before it is told, so that what has one cause is one message. ms */
export interface Settle {
  /** Something has become worse, or all of a cause is well again. */
  readonly worse: number;
  /** Something is better, and not all well: it may be on its way. */
  readonly better: number;
}

/** One message, in the words of the state. */
export interface Message {
  readonly incident: string;
  readonly step: FiringStep | "recovered";
  readonly reminder: boolean;
  /** Nothing of the incident is left. */
  readonly over: boolean;
  /** By subject, what it is told as; undefined: as well. The worst first. */
  readonly told: ReadonlyMap<string, FiringStep | undefined>;
}

type Asked = Pick<NotifierEntry, "on" | "after" | "remind">;

/** One that was never told anything. */
export const unknownReceiver: ReceiverState = { subjects: {}, sent: 0 };

/** Takes note of how things are. The same object when nothing has changed. */
export function observe(
  state: ReceiverState,
  asked: Asked,
  { concerns, now }: { readonly concerns: readonly Concern[]; readonly now: number },
): ReceiverState {
  const wanted = new Map(concerns.filter((one) => isAsked(asked, one)).map((one) => [one.subject, one]));
  const incidents = incidentsOf(state, wanted);
  const unsure = new Set(state.sending?.subjects);
  const names = new Set([...Object.keys(state.subjects), ...wanted.keys()]);
  const subjects = [...names].flatMap((name) => {
    const one = wanted.get(name);
    const before = state.subjects[name] ?? { incident: one === undefined ? "" : incidents(one), toldAt: 0 };
    const after = observeOne(before, { to: one?.alarm, now, unsure: unsure.has(name) });
    const isDropped = after === undefined || (one === undefined && !asked.on.includes("recovered"));
    return isDropped ? [] : [[name, after] as const];
  });
  const isLost = state.sending !== undefined && state.sending.until <= now;
  const next = { ...(isLost ? without(state, "sending") : state), subjects: Object.fromEntries(subjects) };
  return JSON.stringify(next) === JSON.stringify(state) ? state : next;
}

/** `failed` waits for so many tries; what is no matter of tries does not. */
function isAsked({ on, after }: Asked, { alarm, failures }: Concern): boolean {
  return on.includes(alarm) && (alarm !== "failed" || failures === undefined || failures >= after);
}

/** A new subject joins the incident of those that are in trouble for the same. */
function incidentsOf({ subjects }: ReceiverState, wanted: ReadonlyMap<string, Concern>): (concern: Concern) => string {
  const open = new Map<string, string>();
  for (const [name, { incident }] of Object.entries(subjects)) {
    const concern = wanted.get(name);
    if (concern !== undefined) open.set(causeOf(concern), incident);
  }
  return (concern) => open.get(causeOf(concern)) ?? causeOf(concern);
}

interface Seen {
  readonly to: FiringStep | undefined;
  readonly now: number;
  readonly unsure: boolean;
}

function observeOne(before: SubjectState, { to, now, unsure }: Seen): SubjectState | undefined {
  const { change, ...rest } = before;
  const tried = change !== undefined && (change.tried === true || unsure);
  const lost = tried && change.to !== to ? (change.to ?? "well") : undefined;
  const missed = worseOf(before.missed, lost);
  const kept = missed === undefined ? rest : { ...rest, missed };
  // It may take it for what it was in between: then it is told what it is, as before or not.
  if (to === before.told && missed === undefined) return to === undefined ? undefined : kept;
  if (change !== undefined && change.to === to) return { ...kept, change: tried ? { ...change, tried } : change };
  return { ...kept, change: { ...(to !== undefined && { to }), since: now } };
}

function worseOf(one: SubjectState["missed"], other: SubjectState["missed"]): SubjectState["missed"] {
  const steps = [one, other].filter((step) => step !== undefined);
  return worstOf(steps.filter((step) => step !== "well")) ?? steps[0];
}

/** What is to be said next, the worst first; undefined: nothing yet. */
export function nextMessage(
  state: ReceiverState,
  { remind }: Asked,
  { now, settle }: { readonly now: number; readonly settle: Settle },
): Message | undefined {
  const incidents = Map.groupBy(Object.entries(state.subjects), ([, { incident }]) => incident);
  const messages = [...incidents].flatMap(
    ([incident, members]) => messageOf(members, { incident, remind, now, settle }) ?? [],
  );
  return messages.toSorted((one, other) => order(one) - order(other))[0];
}

function order({ step, reminder }: Message): number {
  return (step === "recovered" ? 20 : rankOf(step)) + (reminder ? 10 : 0);
}

type Member = readonly [name: string, state: SubjectState];

interface About {
  readonly incident: string;
  readonly remind: number;
  readonly now: number;
  readonly settle: Settle;
}

function messageOf(members: readonly Member[], about: About): Message | undefined {
  const { incident, now, settle } = about;
  const firing = members.filter(([, { change }]) => change?.to !== undefined);
  if (firing.some(([, subject]) => ripeAt(subject, settle) <= now))
    return firingMessage(
      firing.map(([name, { change }]) => [name, change!.to!]),
      incident,
    );
  const well = members.filter(([, { change }]) => change !== undefined && change.to === undefined);
  const over = well.length === members.length;
  const sinces = well.map(([, { change }]) => change!.since);
  const ripe = over ? Math.max(...sinces) + settle.worse : Math.min(...sinces) + settle.better;
  if (well.length > 0 && ripe <= now) {
    const told = new Map(well.map(([name]) => [name, undefined] as const));
    return { incident, step: "recovered", reminder: false, over, told };
  }
  return reminderOf(members, about);
}

function reminderOf(members: readonly Member[], { incident, remind, now }: About): Message | undefined {
  const lasting = members.filter(([, { told, change }]) => told !== undefined && change === undefined);
  const last = Math.max(...lasting.map(([, { toldAt }]) => toldAt));
  if (remind === 0 || lasting.length === 0 || last + remind > now) return undefined;
  return {
    ...firingMessage(
      lasting.map(([name, { told }]) => [name, told!]),
      incident,
    ),
    reminder: true,
  };
}

function firingMessage(members: readonly (readonly [name: string, step: FiringStep])[], incident: string): Message {
  const sorted = members.toSorted(([, one], [, other]) => rankOf(one) - rankOf(other));
  return { incident, step: sorted[0]![1], reminder: false, over: false, told: new Map(sorted) };
}

/** When what a subject has become is to be told. */
function ripeAt({ told, missed, change }: SubjectState, settle: Settle): number {
  if (change?.to === undefined) return Infinity;
  const isBetter = told !== undefined && missed === undefined && rankOf(change.to) > rankOf(told);
  return change.since + (isBetter ? settle.better : settle.worse);
}

/** Somebody sends it. */
export function taken(
  state: ReceiverState,
  { told }: Message,
  { by, until }: { readonly by: string; readonly until: number },
): ReceiverState {
  return { ...state, sending: { by, until, subjects: [...told.keys()] } };
}

/** It was heard, whatever has happened meanwhile. */
export function heard(state: ReceiverState, message: Message, now: number): ReceiverState {
  const { incident } = message;
  const subjects: Record<string, SubjectState> = { ...state.subjects };
  for (const [name, told] of message.told) {
    const { change, missed: _, told: __, ...rest } = subjects[name] ?? { incident };
    const kept = change?.to === told ? undefined : change;
    if (told === undefined && kept === undefined) delete subjects[name];
    else
      subjects[name] = {
        ...rest,
        ...(told && { told }),
        ...(kept && { change: kept }),
        toldAt: now,
      };
  }
  return { subjects, sent: state.sent + 1 };
}

/** It was not heard, or nobody knows. */
export function unheard(state: ReceiverState, { told }: Message, failure: ReceiverFailure): ReceiverState {
  const subjects = Object.entries(state.subjects).map(([name, subject]) => {
    const { change } = subject;
    const isTried = change !== undefined && told.has(name) && change.to === told.get(name);
    return [name, isTried ? { ...subject, change: { ...change, tried: true as const } } : subject] as const;
  });
  return { ...without(state, "sending"), subjects: Object.fromEntries(subjects), failure };
}

function without(state: ReceiverState, key: "sending"): ReceiverState {
  const { [key]: _, ...rest } = state;
  return rest;
}
