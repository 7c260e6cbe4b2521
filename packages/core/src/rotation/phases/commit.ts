import { RotateError } from "@rotate/plugin-kit";
import type { SinkEntry } from "../../loading/model.ts";
import type { SinkReport } from "../../report.ts";
import { isSettledEverywhere, type WrittenSink } from "../../store/state.ts";
import { AttributedError, innerError, isDefinite } from "../errors.ts";
import { callSink, timeLimits } from "../invoke.ts";
import { outlast, overdue } from "../late-writes.ts";
import { observeOne } from "../observe.ts";
import { dropStaged, dropWrite } from "../left-overs.ts";
import { resolveUnknown } from "../resolve-unknown.ts";
import { end, type End, type Phase } from "../phase.ts";
import { dropLease } from "../retire.ts";
import { isReadable, sinkIds, type Attempt, type Session, type SinkWrite } from "../session.ts";
import { canUndo, undoWrites } from "../undo.ts";
import { prepareSink } from "./prepare.ts";

type Outcome = SinkReport["result"];
/** How one sink's commit ended. A lost answer is `unknown` until the sink itself has told. */
interface Commit {
  readonly write: SinkWrite;
  readonly result: Outcome;
  readonly error?: unknown;
  /** When it was written an earlier write could still land over it: whether that did shows only afterwards. */
  readonly crossed?: boolean;
}

/** Writes the sinks in order; all writes are announced before the first. From then on the lease is exposed, whatever comes of it. */
export const commitPhase: Phase = {
  name: "commit",
  async run(session, attempt) {
    const writes = attempt.writes!;
    const { sinks } = session.state();
    await session.journal(
      ...writes.map(({ sink }) => ({ type: "committing", sink: sink.id, lease: attempt.lease! }) as const),
    );
    const commits: Commit[] = [];
    for (const write of writes) {
      const crossed = overdue(session, write.sink, attempt.lease!).length > 0;
      const commit: Commit = { ...(await commitSink(session, attempt.lease!, write)), crossed };
      commits.push(commit);
      if (!isStopping(commit)) continue;
      const spared = writes.slice(commits.length).map(({ sink: { id } }) => [id, sinks[id]?.may ?? []] as const);
      if (spared.length > 0) await session.journal({ type: "spared", sinks: Object.fromEntries(spared) });
      return stopped(session, withSinks(attempt, commits), commits);
    }
    const settled = await settleLate(session, attempt.lease!, commits);
    if (settled.some(isStopping)) return stopped(session, withSinks(attempt, settled), settled);
    const done = withSinks(attempt, settled);
    if (await isReused(session, done))
      return end("reused", "the issuer gave the same credential again", { succeeded: true, attempt: done });
    await session.journal({
      type: "published",
      lease: attempt.lease!,
      written: writtenOf(session, settled),
      why: attempt.why,
    });
    return done;
  },
  detail: ({ sinks }) => targetsOf(sinks),
  // commitSink keeps what sinks throw; only the engine's own errors come here, and failureOf has thrown those on.
  failed: async (_session, _attempt, failure) => end("failed", failure.report.message),
};

function isStopping({ result }: Commit): boolean {
  return result === "failed" || result === "unknown";
}

/** At most three: a line is read by people. */
function targetsOf(sinks: readonly SinkReport[]): string | undefined {
  if (sinks.length === 0) return "none, endpoints give it";
  const written = sinks.filter(({ result }) => result === "written").map(({ target }) => target);
  const rest = written.length - 3;
  return written.length === 0 ? undefined : [...written.slice(0, 3), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}

/**
 * Writes, and when the answer was lost asks the sink. A definite failure is tried once more with the credential in memory; so is what may land late,
 * for then it carries what stands there.
 */
async function commitSink(session: Session, lease: string, first: SinkWrite): Promise<Commit> {
  const { sink } = first;
  let write = first;
  let inDoubt = false;
  for (let tries = 1; ; tries++) {
    if (tries > 1) await session.journal({ type: "committing", sink: sink.id, lease });
    await session.guard();
    const error = await tryCommit(session, write);
    const unwritten: boolean = !inDoubt && error !== undefined && isDefinite(innerError(error));
    // What may stand in the sink is taken back by nobody who was not told so: the claim may be another's by then.
    if (!unwritten) session.staged.delete(write);
    const result: Outcome =
      error === undefined ? "written" : unwritten ? "failed" : await resolveUnknown(session, sink, lease);
    if (result === "failed") session.staged.add(write);
    if (result === "written") {
      const made = write.prepared.made?.();
      await session.journal({ type: "committed", sink: sink.id, lease, ...(made !== undefined && { made }) });
      if (inDoubt) return { write: withoutUndo(write), result };
      return { write, result: write.prepared.changed ? "written" : "unchanged" };
    }
    if (result === "unknown" && (tries === 2 || !isRepeatable(sink))) return { write, result, error };
    if (isReadable(sink)) await observeOne(session, sink);
    if (tries === 2) return { write, result: "failed", error };
    inDoubt = result === "unknown";
    try {
      if (!inDoubt) await dropWrite(session, write);
      write = await prepareSink(session, sink, { values: new Map([[sink.id, write.values]]), scope: write.scope });
    } catch (again) {
      return { write, result: inDoubt ? "unknown" : "failed", error: again };
    }
  }
}

/** What it found at its second try may be what the first one wrote, which may also land once more: there is nothing to go back to. */
function withoutUndo({ prepared: { commit }, ...write }: SinkWrite): SinkWrite {
  return { ...write, prepared: { changed: true, commit } };
}

/** A target that takes whatever comes takes the same again. */
function isRepeatable({ part }: SinkEntry): boolean {
  return part.lateWrites !== undefined;
}

/** What may still land over the new credential is waited for; then what does not show that it holds the new one is written once more. */
async function settleLate(session: Session, lease: string, commits: readonly Commit[]): Promise<readonly Commit[]> {
  const inDoubt = commits.filter(
    ({ write, crossed = false }) => crossed || overdue(session, write.sink, lease).length > 0,
  );
  const sinks = inDoubt.map(({ write }) => write.sink);
  if (!(await outlast(session, sinks, lease)))
    return commits.map((commit) =>
      inDoubt.includes(commit) ? { ...commit, result: "unknown", error: stoppedWaiting } : commit,
    );
  const settled: Commit[] = [];
  for (const commit of commits)
    settled.push(inDoubt.includes(commit) ? await writeAgain(session, lease, commit) : commit);
  return settled;
}

const stoppedWaiting = new RotateError("a write whose answer was lost may still land there", {
  code: "UNAVAILABLE",
  retryable: true,
  hint: "the next run goes on from here",
});

async function writeAgain(session: Session, lease: string, commit: Commit): Promise<Commit> {
  const { write } = commit;
  const { sink, values, scope } = write;
  await session.guard();
  const seen = await observeOne(session, sink);
  if ("holding" in seen && seen.holding === lease) return commit;
  try {
    const again = await prepareSink(session, sink, { values: new Map([[sink.id, values]]), scope });
    const ended = await commitSink(session, lease, again);
    return { ...ended, write, result: isStopping(ended) ? "unknown" : "written" };
  } catch (error) {
    return { write, result: "unknown", error };
  }
}

async function tryCommit(session: Session, { sink, prepared, scope }: SinkWrite): Promise<unknown> {
  if (!prepared.changed) return undefined;
  try {
    await callSink({ deps: session.deps, sink }, { timeout: timeLimits.commit, scope }, (ctx) => prepared.commit(ctx));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A sink said no, or nobody knows: nothing was written at all, or what was written is undone, or the sinks are mixed. */
async function stopped(session: Session, attempt: Attempt, commits: readonly Commit[]): Promise<End> {
  const last = commits.find(isStopping)!;
  const lease = attempt.lease!;
  const error = innerError(last.error);
  const reason = `${last.write.sink.type} ${last.write.sink.target}: ${error.message}`;
  await session.guard();
  await dropStaged(session);
  const wrote = commits.filter(({ result }) => result === "written");
  const failure = { phase: "commit" as const, error, report: commitReport(last) };
  if (
    last.result === "failed" &&
    wrote.length === 0 &&
    !mayHold(session, lease) &&
    session.state().owed === undefined
  ) {
    await session.journal({ type: "unexposed", lease });
    await dropLease(session, lease);
    return end("failed", reason, { failure, attempt });
  }
  const writes = wrote.map(({ write }) => write);
  const undoable = last.result === "failed" && canUndo(session, attempt, writes);
  const undo = undoable ? await undoWrites(session, writes, attempt.previous!) : undefined;
  if (undoable && undo?.result !== "failed") {
    await session.journal({ type: "closed" });
    return end("failed", `${reason}; the sinks written before it hold the previous credential again`, {
      failure,
      undo,
      attempt: undone(attempt),
    });
  }
  await session.journal({ type: "mixed", lease, why: reason });
  return end("reload-owed", `the sinks are mixed: ${reason}`, { failure, undo, attempt });
}

function mayHold({ rotation, state }: Session, lease: string): boolean {
  return rotation.sinks.some((sink) => state().sinks[sink.id]?.may.includes(lease));
}

function commitReport({ write, error }: Commit): { code: string; message: string; retryable: boolean; hint?: string } {
  const inner = innerError(error);
  const who = error instanceof AttributedError ? error.who : `sink ${write.sink.type}`;
  return {
    code: `ROTATE_COMMIT_${inner.code}`,
    message: `${who}: ${inner.message}`,
    retryable: inner.retryable,
    ...(inner.hint !== undefined && { hint: inner.hint }),
  };
}

function withSinks(attempt: Attempt, commits: readonly Commit[]): Attempt {
  const sinks = attempt.writes!.map(({ sink }, index): SinkReport => ({
    type: sink.type,
    target: sink.target,
    result: commits[index]?.result ?? "not-run",
  }));
  const writes = attempt.writes!.map((write, index) => commits[index]?.write ?? write);
  return { ...attempt, sinks, writes };
}

function undone(attempt: Attempt): Attempt {
  return {
    ...attempt,
    sinks: attempt.sinks.map((sink) => (sink.result === "written" ? { ...sink, result: "undone" } : sink)),
  };
}

/** The same lease everywhere, nothing changed, and the consumers hold it: there is nobody to tell. */
async function isReused(session: Session, attempt: Attempt): Promise<boolean> {
  const { state, rotation } = session;
  const lease = attempt.lease!;
  const nothingChanged = attempt.sinks.every(({ result }) => result === "unchanged");
  if (!nothingChanged || !isSettledEverywhere(state(), sinkIds(rotation), lease)) return false;
  await session.journal({ type: "settled", lease, adopted: state().adopted, specHash: rotation.hash });
  return true;
}

/** Only the sinks that were written; all of them when a reload was owed already, since nobody was told of the earlier writes. */
function writtenOf({ state, rotation }: Session, commits: readonly Commit[]): readonly WrittenSink[] {
  const owedBefore = state().owed !== undefined;
  const sinks = owedBefore
    ? rotation.sinks
    : commits.filter(({ result }) => result === "written").map(({ write }) => write.sink);
  return sinks.map((sink) => ({ type: sink.type, target: sink.target, keys: Object.keys(sink.values) }));
}
