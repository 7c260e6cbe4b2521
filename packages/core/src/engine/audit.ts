import { appendFileSync } from "node:fs";
import type { EngineEvent, Events } from "../events.ts";
import type { PhaseName } from "../report.ts";

/** What was done, in a line of the record. Instants are RFC 3339. No values, only fingerprints. */
export interface AuditLine extends Told {
  readonly at: string;
  /** Of whose process: a user and a process id. */
  readonly by: string;
}

/** A line without when and, mostly, who. */
export interface Told {
  readonly act:
    | "mint"
    | "renew"
    | "write"
    | "undo"
    | "verify"
    | "reload"
    | "health"
    | "rotation"
    | "revoke"
    | "eject"
    | "forget"
    | "alarm"
    | "asked"
    | "killed";
  readonly by?: string;
  readonly rotation?: string;
  readonly provider?: string;
  /** refused: the outside said no, for certain. */
  readonly result?: "done" | "failed" | "refused";
  /** Why it was done. */
  readonly why?: string;
  readonly [more: string]: unknown;
}

/** What a record is kept with. */
export interface AuditOptions {
  /** Where, now; undefined: nowhere. */
  readonly file: () => string | undefined;
  readonly now: () => number;
  readonly by: string;
  /** The provider of a rotation. */
  readonly providerOf: (rotation: string) => string | undefined;
}

/**
 * Records every act as it is told, one JSON object a line. The file is opened for appending at each line (O_APPEND), so that it may be turned over, and made
 * append-only by the file system. A record that cannot be written stops no rotation: it is told as a trouble, until it can. Gives what records an act that no event tells of.
 */
export function keepAudit(events: Events, { file, now, by, providerOf }: AuditOptions): (told: Told) => void {
  const whys = new Map<string, string>();
  let lost = false;

  function write(told: Told): void {
    const path = file();
    if (path === undefined) return;
    const provider = told.rotation === undefined ? undefined : providerOf(told.rotation);
    const line: AuditLine = { at: new Date(now()).toISOString(), by, ...(provider && { provider }), ...told };
    try {
      appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      if (!lost) events.emit({ type: "trouble", ...unwritable(path, error as NodeJS.ErrnoException) });
      lost = true;
      return;
    }
    if (lost)
      events.emit({ type: "trouble-over", code: "ROTATE_AUDIT_UNWRITABLE", message: `${path} is written again` });
    lost = false;
  }

  events.on((event) => {
    if (event.type === "rotation-started") whys.set(event.rotation, event.why);
    for (const told of linesOf(event, whys)) write(told);
  });
  return write;
}

function unwritable(path: string, { code = "no reason given" }: NodeJS.ErrnoException) {
  return {
    code: "ROTATE_AUDIT_UNWRITABLE",
    message: `what is done could not be recorded in ${path} (${code})`,
    hint: "does its directory exist, may this user write there, and is there room? Rotations go on unrecorded",
  };
}

type LinesOf<Type> = (
  event: Extract<EngineEvent, { readonly type: Type }>,
  whys: ReadonlyMap<string, string>,
) => readonly Told[];

const lines: { readonly [Type in EngineEvent["type"]]?: LinesOf<Type> } = {
  "phase-finished": (event, whys) => phaseLine(event, whys.get(event.rotation)),
  "rotation-finished": finishedLine,
  "lease-revoked": ({ rotation, lease }) => [{ act: "revoke", rotation, lease, result: "done" }],
  "revoke-failed": ({ rotation, lease, message }) => [{ act: "revoke", rotation, lease, result: "failed", message }],
  "attempt-killed": ({ rotation, error: { message } }) => [{ act: "killed", rotation, message }],
  asked: ({ by, what, names }) => [{ act: "asked", by, what, rotations: names }],
  "standing-changed": standingLines,
};

function linesOf(event: EngineEvent, whys: ReadonlyMap<string, string>): readonly Told[] {
  const of = lines[event.type] as LinesOf<EngineEvent["type"]> | undefined;
  return of?.(event, whys) ?? [];
}

const acts: Readonly<Partial<Record<PhaseName, AuditLine["act"]>>> = {
  mint: "mint",
  renew: "renew",
  verify: "verify",
  commit: "write",
  undo: "undo",
  reload: "reload",
  health: "health",
};

function phaseLine(
  { rotation, phase: { phase, result, error }, lease }: Extract<EngineEvent, { type: "phase-finished" }>,
  why: string | undefined,
): readonly Told[] {
  const act = acts[phase];
  const failed = error?.retryable === false ? "refused" : "failed";
  if (act === undefined || (result !== "succeeded" && result !== "failed")) return [];
  return [
    {
      act,
      rotation,
      result: result === "succeeded" ? "done" : failed,
      ...(why !== undefined && { why }),
      ...(lease && { lease: lease.id, fingerprint: lease.fingerprint }),
      ...(error && { code: error.code, message: error.message }),
    },
  ];
}

/** What came of it all: the fingerprint of what is published now, and what became of each sink. */
function finishedLine({ rotation, report }: Extract<EngineEvent, { type: "rotation-finished" }>): readonly Told[] {
  if (report.phases.length === 0) return [];
  const { outcome, reason, credential, sinks } = report;
  return [{ act: "rotation", rotation, outcome, why: reason, ...(credential && { credential }), sinks }];
}

function standingLines({
  rotation,
  before,
  after,
  message,
}: Extract<EngineEvent, { type: "standing-changed" }>): readonly Told[] {
  const isAlarm = after?.alarm !== before?.alarm;
  return isAlarm ? [{ act: "alarm", rotation, alarm: after?.alarm ?? "recovered", message }] : [];
}
