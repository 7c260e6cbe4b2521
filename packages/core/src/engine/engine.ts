import type { Runtime } from "@rotate/runtime";
import type { Backend } from "../backend/backend.ts";
import { withClaim } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import { createEvents, type Events, type OnEvent } from "../events.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import type { HistoryReport, PlanReport, RotationReport, RunReport, StatusReport } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { cadenceOfRun, knownCadence } from "./cadence.ts";
import type { CredentialOptions, CurrentCredential } from "./credential.ts";
import { depsOver } from "./deps.ts";
import { describeEject, ejectInPlace, ejectTo, type EjectReport, type EjectValues } from "./eject.ts";
import { absentPlan, absentReport, absentStatus, knownRotations, withHeldBack } from "./held-back.ts";
import { isOf, orphansOf, renameHints } from "./orphans.ts";
import { planAll } from "./plan.ts";
import { needsWork, standingIn } from "./quick-look.ts";
import { revokeByHand, type RevokeOptions, type RevokeReport } from "./revoke.ts";
import { tick } from "./run.ts";
import { selectByName } from "./select.ts";
import { statusOf } from "./status.ts";

/** What an engine is made of. */
export interface EngineOptions {
  readonly spec: Spec;
  readonly runtime: Runtime;
  /** Where it lives; stays open when the engine is no longer used. */
  readonly backend: Backend;
  /** The first who listens. */
  readonly onEvent?: OnEvent;
}

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
}

/** The engine as the command line and the daemon see it: one spec over one backend. */
export interface Engine {
  /** Finishes what is owed, rotates what is due. Never throws for a rotation: its report says what failed. */
  readonly run: (options?: RunOptions) => Promise<RunReport>;
  readonly plan: (options?: {
    readonly names?: readonly string[];
    readonly resolveExec?: boolean;
    /** Milliseconds between two runs, when told; else learned from past gaps. */
    readonly every?: number;
  }) => Promise<PlanReport>;
  readonly status: (options?: { readonly names?: readonly string[] }) => Promise<StatusReport>;
  readonly history: (options?: { readonly name?: string; readonly limit?: number }) => Promise<HistoryReport>;
  /** The credential that consumers are to use now, in the clear; minted when there is none. */
  readonly credential: (name: string, options?: CredentialOptions) => Promise<CurrentCredential>;
  /** Revokes the lease in use, or the superseded ones: a person's word. */
  readonly revoke: (name: string, options?: RevokeOptions) => Promise<RevokeReport>;
  /** Forgets a rotation: its state goes, its values stay where they are. */
  readonly forget: (name: string) => Promise<void>;
  /** Writes given values in the credential's place, or keeps what stands there: from then on nobody rotates it. Without either it only says what would stay. */
  readonly eject: (name: string, values?: EjectValues | "keep") => Promise<EjectReport>;
  /** Due, never minted or owed work; or nothing to do. */
  readonly needsRotation: (name: string) => Promise<"due" | "fresh">;
  /** What happens, as it happens. */
  readonly events: Events;
  /** For what keeps an engine running. */
  readonly parts: EngineParts;
}

/** What works on the backend: the daemon drives it by its own loop. */
export interface EngineParts {
  readonly spec: Spec;
  readonly deps: RotationDeps;
}

/** Gives the engine of a spec. Throws EngineError `ROTATE_STATE_*` when the state cannot be written (exit 6). */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { spec, runtime, backend } = options;
  const events = createEvents(runtime.log);
  if (options.onEvent) events.on(options.onEvent);
  const deps = await depsOver(backend, { spec, runtime, onEvent: events.emit });
  await backend.publish(spec);
  return { ...engineOf({ spec, deps }), events };
}

function engineOf(parts: EngineParts): Omit<Engine, "events"> {
  const { spec, deps } = parts;
  const { store } = deps;
  return {
    parts,
    run: (options) => run(parts, options),
    status: (options) => status(parts, options),
    plan: async ({ names, resolveExec = false, every } = {}) => {
      const cadence = every ?? (await knownCadence(deps.host, deps.runtime.now()));
      const chosen = selectByName(await knownRotations(parts), names);
      const present = chosen.flatMap(({ rotation }) => rotation ?? []);
      const plan = await planAll(present, await withHeldBack(parts), { resolveExec, cadence });
      const absent = await Promise.all(chosen.flatMap((one) => (one.rotation ? [] : [absentPlan(one, deps)])));
      const hints = await renameHints(spec, deps);
      const rotations = plan.map((one) => ({
        ...one,
        warnings: [...one.warnings, ...[hints.get(one.name) ?? []].flat()],
      }));
      const orphans = names?.length ? [] : await orphansOf(spec, deps);
      return { version: 1, rotations: [...rotations, ...absent], orphans };
    },
    async history({ name, limit = 50 } = {}) {
      const attempts = await store.attempts({ limit, ...(name !== undefined && { rotation: name }) });
      return { version: 1, attempts };
    },
    needsRotation: async (name) =>
      (await needsWork({ rotation: only(spec, name), deps }, { force: false, cadence: undefined })) ? "due" : "fresh",
    async credential(name, options = {}) {
      const rotation = only(spec, name);
      const { currentCredential } = await import("./credential.ts");
      return currentCredential({ rotation, deps }, options);
    },
    revoke: (name, options = {}) => revokeByHand(name, { spec, deps }, options),
    forget: (name) => withClaim(deps.claims, name, () => forget(name, deps)),
    eject: (name, values) => {
      const target = { rotation: only(spec, name), deps };
      if (values === undefined) return describeEject(target);
      return values === "keep" ? ejectInPlace(target) : ejectTo(values, target);
    },
  };
}

async function run(parts: EngineParts, options: RunOptions = {}): Promise<RunReport> {
  const deps = await withHeldBack(parts);
  await deps.host.noteClock?.(deps.clock.note());
  const chosen = selectByName(await knownRotations(parts), options.names);
  const cadence = await cadenceOfRun(deps.host, { now: deps.runtime.now(), every: options.every });
  const hints = await renameHints(parts.spec, deps);
  const present = chosen.flatMap(({ rotation }) => rotation ?? []);
  const { rotations } = await tick(present, deps, {
    force: options.force ?? false,
    cadence,
    retryFor: options.timeout ?? 120_000,
    ...(options.timeout !== undefined && options.timeout > 0 && { limit: options.timeout }),
    lockTimeout: options.lockTimeout ?? 30_000,
    concurrency: options.concurrency ?? 16,
    signal: options.signal ?? new AbortController().signal,
  });
  const absent = await Promise.all(chosen.flatMap((one) => (one.rotation ? [] : [absentReport(one, deps)])));
  const reports = rotations.map((report) => withHint(report, hints.get(report.name)));
  const orphans = options.names?.length ? [] : await orphansOf(parts.spec, deps);
  return { version: 1, rotations: [...reports, ...absent], orphans };
}

function withHint(report: RotationReport, hint: string | undefined): RotationReport {
  return hint === undefined ? report : { ...report, warnings: [...(report.warnings ?? []), hint] };
}

async function status(
  parts: EngineParts,
  { names = [] }: { readonly names?: readonly string[] } = {},
): Promise<StatusReport> {
  const deps = await withHeldBack(parts);
  const chosen = selectByName(await knownRotations(parts), names);
  const cadence = await knownCadence(deps.host, deps.runtime.now());
  const states = await Promise.all(chosen.map(({ name }) => deps.store.load(name)));
  const open = states.filter(({ attempt, owed }) => (attempt ?? owed) !== undefined).map(({ name }) => name);
  const busy = await deps.claims.busy(open);
  const own = chosen.map((one, at) => {
    if (!one.rotation) return absentStatus(one, states[at]!, deps);
    const asked = { cadence, busy: busy.has(one.name) };
    const { moment, standing } = standingIn({ rotation: one.rotation, deps }, states[at]!, asked);
    return statusOf(moment, standing, deps.clock);
  });
  const orphans = names.length > 0 ? [] : await orphansOf(parts.spec, deps);
  return { version: 1, rotations: [...own, ...orphans] };
}

async function forget(name: string, { store, host }: RotationDeps): Promise<void> {
  host.cache?.remove(name);
  await store.remove(name);
}

function only(spec: Spec, name: string): Rotation {
  const rotation = spec.rotations.find((each) => each.name === name);
  if (rotation) return rotation;
  const by = spec.heldBack.find(({ family }) => isOf(family, name));
  if (by)
    throw new EngineError(by.message, { code: by.code, exitCode: 1, ...(by.hint !== undefined && { hint: by.hint }) });
  throw new EngineError(`no rotation is named ${name}`, {
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: `the spec has: ${spec.rotations.map((each) => each.name).join(", ")}`,
  });
}
