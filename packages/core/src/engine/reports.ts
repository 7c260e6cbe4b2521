import type { Rotation, Spec } from "../loading/model.ts";
import type { PlanReport } from "../plan-report.ts";
import type { RotationReport, RotationStatus, RunReport, StatusReport } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { instant } from "../rotation/describe.ts";
import { presentAt } from "../schedule/clock.ts";
import { causesOf, compareStanding, withCauses } from "./causes.ts";
import { cadenceOfRun, knownCadence } from "./cadence.ts";
import { withAround } from "./around.ts";
import { absentPlan, absentReport, absentStatus, knownRotations, withHeldBack, type Absent } from "./held-back.ts";
import { recallLooks, type Recalled } from "./kept-looks.ts";
import { recallStamps } from "./kept-stamps.ts";
import { orphansOf, renameHints } from "./orphans.ts";
import { mintsOf } from "./mints.ts";
import { reachableOf } from "./reachable.ts";
import { elsewhereOf, plainName, refuseElsewhere, runElsewhere } from "./elsewhere.ts";
import { isForOthers, statusesElsewhere, withFleet } from "./fleet-status.ts";
import { presentEach } from "./quick-look.ts";
import { tellStandings } from "./tell.ts";
import { tick } from "./tick.ts";
import type { Resting } from "./tick-options.ts";
import { selectByName } from "./select.ts";
import { statusOf, summaryOf } from "./status.ts";

/** What works on the backend: the daemon drives it by its own loop. */
export interface EngineParts {
  /** Without what only another machine rotates. */
  readonly spec: Spec;
  /** As it is written. */
  readonly written: Spec;
  readonly deps: RotationDeps;
  /** Whose process this is, for other machines that it asks. */
  readonly by?: string;
}

/** What `run` is told: which rotations, and how long it may take. */
export interface RunOptions {
  /** Names or globs; none: all. An unknown name is a usage error (`ROTATE_USAGE`). */
  readonly names?: readonly string[];
  /** Rotate now, due or not. */
  readonly force?: boolean;
  /** Milliseconds for the whole run, hanging calls included. Without it failed attempts are retried for 120,000, and nothing that goes on is cut. 0: one attempt each. */
  readonly timeout?: number;
  /** Milliseconds between two runs, when told; else learned from past gaps. */
  readonly every?: number;
  /** Milliseconds to wait for another process. Default 30,000. */
  readonly lockTimeout?: number;
  /** Rotations at once. Default 16. */
  readonly concurrency?: number;
  /** Aborts between phases and wherever stopping is safe. */
  readonly signal?: AbortSignal;
  /** A daemon does it for somebody who asks: no run of a timer, whose pace would be learned. */
  readonly byDaemon?: boolean;
}

/** What `plan` is told. */
export interface PlanOptions {
  /** Names or globs; none: all. An unknown name is a usage error (`ROTATE_USAGE`). */
  readonly names?: readonly string[];
  /** Also run the commands of `exec` references; without it, what needs one is not checked. */
  readonly resolveExec?: boolean;
  /** Milliseconds between two runs, when told; else learned from past gaps. */
  readonly every?: number;
}

/** What was asked for: of the spec, or absent from it because of a list. */
async function choose(
  parts: EngineParts,
  names: readonly string[] | undefined,
): Promise<{ readonly present: readonly Rotation[]; readonly absent: readonly Absent[] }> {
  const { written, deps } = parts;
  refuseElsewhere(names, { written, peers: deps.peers });
  const chosen = selectByName(await knownRotations(parts), names);
  return {
    present: chosen.flatMap(({ rotation }) => rotation ?? []),
    absent: chosen.flatMap((one) => (one.rotation ? [] : [one])),
  };
}

/** Finishes what is owed, rotates what is due, and tells of all that was asked for; what other machines rotate they are asked to. */
export async function run(parts: EngineParts, options: RunOptions = {}): Promise<RunReport> {
  const { written, deps, by = "" } = parts;
  const at = { written, peers: deps.peers };
  const asked = (options.names ?? []).map((name) => plainName(name, deps.peers));
  const found = asked.flatMap((name) => elsewhereOf(name, at) ?? []);
  if (found.length === 0 || deps.peers === undefined) return runHere(parts, { ...options, names: asked });
  const { signal = new AbortController().signal, force = false } = options;
  const asking = { peers: deps.peers, by, signal };
  const names = asked.filter((name) => !found.some((one) => one.asked === name));
  const [own, others] = await Promise.all([
    names.length === 0 ? undefined : runHere(parts, { ...options, names }),
    runElsewhere(found, asking, force),
  ]);
  const rotations = [...(own?.rotations ?? []), ...others];
  return { version: 1, rotations, orphans: [], causes: causesOf(rotations) };
}

async function runHere(all: EngineParts, options: RunOptions): Promise<RunReport> {
  const { parts, untold } = reachableOf(all, options);
  const deps = await withAround(parts);
  await deps.host.noteClock?.(deps.clock.note());
  const { present: asked, absent } = await choose(parts, options.names);
  const isNamed = options.names !== undefined && options.names.length > 0;
  const present = asked.filter((rotation) => isNamed || !isForOthers(rotation, deps.peers));
  const cadence = options.byDaemon
    ? undefined
    : await cadenceOfRun(deps.host, { now: deps.runtime.now(), every: options.every });
  const hints = await renameHints(parts.spec, deps);
  const force = options.force ?? false;
  const identity = identityFor(present, parts.spec);
  const looks = options.byDaemon || force ? undefined : await recallLooks({ identity, deps, cadence, view: "report" });
  const resting = looks?.resting(present) ?? new Map<Rotation, Resting>();
  const others = present.filter((rotation) => !resting.has(rotation));
  const keepStamps = options.byDaemon || others.length === 0 ? undefined : await recallStamps(others, deps);
  const { rotations } = await tick(present, deps, {
    force,
    cadence,
    resting,
    ...(looks && { onLook: looks.see }),
    retryFor: options.timeout ?? 120_000,
    ...(options.timeout !== undefined && options.timeout > 0 && { limit: options.timeout }),
    lockTimeout: options.lockTimeout ?? 30_000,
    concurrency: options.concurrency ?? 16,
    signal: options.signal ?? new AbortController().signal,
  });
  await keepStamps?.();
  const reports = rotations.map((report) => withHint(report, hints.get(report.name)));
  const told = [...reports, ...(await Promise.all(absent.map((one) => absentReport(one, deps))))];
  const orphans = options.names?.length ? [] : await orphansOf({ ...parts, deps });
  const known = new Set([...resting.keys()].map(({ name }) => name));
  const news = known.size === 0 ? told : told.filter(({ name, outcome }) => outcome !== "fresh" || !known.has(name));
  await tellStandings(deps, [...news, ...orphans.map((orphan) => ({ name: orphan.name, standing: orphan }))]);
  await looks?.keep();
  return { version: 1, rotations: told, orphans, causes: causesOf([...told, ...orphans]), ...untold };
}

/** The states of a few are read sooner than the looks at all. */
function identityFor(asked: readonly Rotation[], { identity, rotations }: EngineParts["spec"]): string | undefined {
  return asked.length * 2 < rotations.length ? undefined : identity;
}

function withHint<T extends Pick<RotationReport, "warnings">>(report: T, hint: string | undefined): T {
  return hint === undefined ? report : { ...report, warnings: [...(report.warnings ?? []), hint] };
}

/** What would be done. */
export async function plan(
  parts: EngineParts,
  { names, resolveExec = false, every }: PlanOptions = {},
): Promise<PlanReport> {
  const { spec, deps } = parts;
  const cadence = every ?? (await knownCadence(deps.host, deps.runtime.now()));
  const { present, absent } = await choose(parts, names);
  const { planAll } = await import("./plan.ts");
  const planned = await planAll(present, await withAround(parts), { resolveExec, cadence });
  const hints = await renameHints(spec, deps);
  const rotations = planned.map((one) => withHint(one, hints.get(one.name)));
  const orphans = names?.length ? [] : await orphansOf(parts);
  const plans = await Promise.all(absent.map((one) => absentPlan(one, deps)));
  const mints = names?.length ? undefined : await mintsOf(parts, { cadence });
  return { version: 1, rotations: [...rotations, ...plans], orphans, ...(mints && { mints }) };
}

/** What `status` is told. */
export interface StatusOptions {
  /** Names or globs; none: all. An unknown name is a usage error (`ROTATE_USAGE`). */
  readonly names?: readonly string[];
  /** A daemon keeps them: it is no matter how often a timer's runs came before it. */
  readonly byDaemon?: boolean;
}

/** How everything stands. */
export async function status(
  everything: EngineParts,
  { names = [], byDaemon = false }: StatusOptions = {},
): Promise<StatusReport> {
  const { parts, untold } = reachableOf(everything, { names, byDaemon });
  const look = await parts.deps.peers?.look();
  const deps = withFleet(await withHeldBack(parts), look);
  const elsewhere = look === undefined ? [] : statusesElsewhere(parts.written, look, deps);
  const chosen = selectByName([...(await knownRotations(parts)), ...elsewhere.map(asTold)], names);
  const present = chosen.flatMap((one) => ("rotation" in one && one.rotation) || []);
  const absent = chosen.flatMap((one) => ("by" in one ? [one] : []));
  const cadence = byDaemon ? undefined : await knownCadence(deps.host, deps.runtime.now());
  const identity = identityFor(present, parts.spec);
  const looks = byDaemon ? undefined : await recallLooks({ identity, deps, cadence, view: "status" });
  const stands = await standsOf(present, { deps, cadence }, looks);
  const others = chosen.flatMap((one) => ("status" in one ? [one.status] : []));
  const mayBeLeft = names.length === 0 || others.length > 0;
  const left = (mayBeLeft ? await orphansOf({ ...parts, deps }) : []).filter(
    ({ name }) => names.length === 0 || others.some((other) => other.name === name),
  );
  const all = [
    ...stands,
    ...(await Promise.all(absent.map((one) => absentStatus(one, deps)))),
    ...eachOnce([...left, ...others]),
  ];
  const causes = causesOf(all);
  return {
    version: 1,
    at: instant(presentAt(deps.clock)),
    summary: summaryOf(all),
    rotations: withCauses(all, causes),
    causes,
    ...(look && { hosts: look.hosts }),
    ...untold,
  };
}

/** Each as it stands, by its state; not read again where nothing can have changed since somebody looked. */
async function standsOf(
  rotations: readonly Rotation[],
  at: Parameters<typeof presentEach>[1],
  looks: Recalled | undefined,
): Promise<readonly RotationStatus[]> {
  const known = rotations.map((rotation) => looks?.statusOf(rotation));
  const others = rotations.filter((_, place) => known[place] === undefined);
  const seen = (await presentEach(others, at, (stand) => statusOf(stand, at.deps))).values();
  return known.map((before) => before ?? seen.next().value!);
}

/** What another machine has now, and this one has left a credential of, stands as the worse of both. */
function eachOnce(rows: readonly RotationStatus[]): readonly RotationStatus[] {
  const byName = Map.groupBy(rows, ({ name }) => name);
  return [...byName.values()].map((same) => same.toSorted(compareStanding)[0]!);
}

/** What is told of, and not looked at. */
function asTold(one: RotationStatus): { readonly name: string; readonly status: RotationStatus } {
  return { name: one.name, status: one };
}
