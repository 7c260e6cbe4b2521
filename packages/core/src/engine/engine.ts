import type { Runtime } from "@rotate/runtime";
import type { Backend, HistoryQuery } from "../backend/backend.ts";
import { locked, settling } from "../backend/claim.ts";
import { EngineError } from "../engine-error.ts";
import { createEvents, type Events, type OnEvent } from "../events.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import type { DetailReport, HistoryReport } from "../history-report.ts";
import type { PlanReport } from "../plan-report.ts";
import type { RotationStatus, RunReport, StatusReport } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { presentAt } from "../schedule/clock.ts";
import { withAround } from "./around.ts";
import { keepAudit } from "./audit.ts";
import { knownCadence } from "./cadence.ts";
import { keepChronicle } from "./chronicle.ts";
import type { CredentialOptions, CurrentCredential } from "./credential.ts";
import type { LentOptions } from "./give-back.ts";
import { depsOver } from "./deps.ts";
import type { DetailOptions } from "./detail.ts";
import type { EjectReport, EjectValues } from "./eject.ts";
import {
  elsewhereOf,
  forgetElsewhere,
  namesElsewhere,
  plainName,
  refuseElsewhere,
  revokeElsewhere,
} from "./elsewhere.ts";
import { isElsewhere } from "./fleet-status.ts";
import { isOf, orphanStates } from "./orphans.ts";
import { presentAsSeen } from "./as-seen.ts";
import { needsWorkNow } from "./quick-look.ts";
import { statusOf } from "./status.ts";
import {
  plan,
  run,
  status,
  type EngineParts,
  type PlanOptions,
  type RunOptions,
  type StatusOptions,
} from "./reports.ts";
import type { RevokeReport } from "../revoke-report.ts";
import type { RevokeOptions } from "./revoke.ts";
import { namesHint } from "./select.ts";
import { tellStandings } from "./tell.ts";

/** What an engine is made of. */
export interface EngineOptions {
  readonly spec: Spec;
  readonly runtime: Runtime;
  /** Where it lives; stays open when the engine is no longer used. */
  readonly backend: Backend;
  /** The first who listens. */
  readonly onEvent?: OnEvent;
  /** Whose process this is, for the record (`audit`). Default: its process id. */
  readonly by?: string;
}

/** Which part of the past is asked for. Default: the newest 50. */
export interface HistoryOptions extends Partial<Omit<HistoryQuery, "rotation">> {
  /** A rotation, of the spec or not; absent: all. */
  readonly name?: string;
}

/** The engine as the command line and the daemon see it: one spec over one backend. */
export interface Engine {
  /** Finishes what is owed, rotates what is due. Never throws for a rotation: its report says what failed. */
  readonly run: (options?: RunOptions) => Promise<RunReport>;
  readonly plan: (options?: PlanOptions) => Promise<PlanReport>;
  readonly status: (options?: StatusOptions) => Promise<StatusReport>;
  /** One rotation with all that is known of it; undefined when nobody knows the name. */
  readonly detail: (name: string, options?: DetailOptions) => Promise<DetailReport | undefined>;
  readonly history: (options?: HistoryOptions) => Promise<HistoryReport>;
  /** The credential that consumers are to use now, in the clear; minted when there is none. */
  readonly credential: (name: string, options?: CredentialOptions) => Promise<CurrentCredential>;
  /** What was lent (`lendTo` of `credential`) is held by nobody any more. */
  readonly giveBack: (name: string, options: LentOptions) => Promise<void>;
  /** Whom it was lent to could not be replaced: `reload-owed` until it is given back. */
  readonly keepLent: (name: string, options: LentOptions & { readonly why: string }) => Promise<void>;
  /** Revokes the lease in use, or the superseded ones: a person's word. */
  readonly revoke: (name: string, options?: RevokeOptions) => Promise<RevokeReport>;
  /** Names of all rotations, of the spec or only of the state, sorted. */
  readonly known: () => Promise<readonly string[]>;
  /** Names by which rotations of other machines are asked for here. */
  readonly elsewhere: () => Promise<readonly string[]>;
  /** Forgets a rotation: its state goes, its values stay where they are. Of another machine, once that is gone: what it told of it. */
  readonly forget: (name: string) => Promise<void>;
  /** Writes given values in the credential's place, or keeps what stands there: from then on nobody rotates it. Without either it only says what would stay. */
  readonly eject: (name: string, values?: EjectValues | "keep") => Promise<EjectReport>;
  /** Due, never minted or owed work; or nothing to do. Its sinks are looked at. */
  readonly needsRotation: (name: string) => Promise<Need>;
  /** The present moment by the clock that reports are told by, ms since 1970. */
  readonly now: () => number;
  /** What happens, as it happens. */
  readonly events: Events;
  /** Goes on by another spec of the same name. To be called when nothing is at work. Throws EngineError `ROTATE_SPEC_MOVED`. */
  readonly take: (spec: Spec) => Promise<void>;
  /** For what keeps an engine running; others after each `take`. */
  readonly parts: () => EngineParts;
}

/** Is there anything to do, and how a visit would find the rotation. */
export interface Need {
  readonly due: boolean;
  readonly status: RotationStatus;
}

/** Gives the engine of a spec. Throws EngineError `ROTATE_STATE_*` when the state cannot be written (exit 6). */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { runtime, backend, by = `pid ${process.pid}` } = options;
  const events = createEvents(runtime.log);

  async function partsOf(spec: Spec, before?: RotationDeps): Promise<EngineParts> {
    const own = here(spec, backend);
    const deps = await depsOver(backend, { spec: own, runtime, onEvent: events.emit, before });
    await backend.publish(own);
    return { spec: own, written: spec, deps, by };
  }

  let parts = await partsOf(options.spec);
  const now = (): number => presentAt(backend.clock);
  keepChronicle(events, backend.store, now);
  const record = keepAudit(events, {
    file: () => parts.spec.audit?.file,
    now,
    by,
    providerOf: (name) => parts.spec.rotations.find((rotation) => rotation.name === name)?.provider.name,
  });
  if (options.onEvent) events.on(options.onEvent);

  function one(name: string): { readonly rotation: Rotation; readonly deps: RotationDeps } {
    refuseElsewhere([name], { written: parts.written, peers: backend.peers });
    return { rotation: only(parts.spec, name), deps: parts.deps };
  }

  return {
    events,
    now,
    parts: () => parts,
    async take(spec) {
      refuseMoved(parts.spec, spec);
      parts = await partsOf(spec, parts.deps);
    },
    run: (asked) => run(parts, asked),
    status: (asked) => status(parts, asked),
    plan: (asked) => plan(parts, asked),
    detail: async (name, asked) => (await import("./detail.ts")).detailOf(parts, name, asked),
    async history({ name, limit = 50, ...asked } = {}) {
      const query = { limit, ...asked, ...(name !== undefined && { rotation: name }) };
      const [attempts, told] = await Promise.all([backend.store.attempts(query), backend.store.events(query)]);
      return { version: 1, attempts, events: told };
    },
    async needsRotation(name) {
      const { rotation } = one(name);
      const cadence = await knownCadence(backend.host, options.runtime.now());
      const deps = await withAround(parts);
      const present = await presentAsSeen({ rotation, deps }, { cadence });
      return { due: await needsWorkNow(deps, present, { observe: false }), status: statusOf(present, deps) };
    },
    async credential(name, asked = {}) {
      const target = one(name);
      const { currentCredential } = await import("./credential.ts");
      return currentCredential(target, asked);
    },
    keepLent: async (name, asked) =>
      (await import("./give-back.ts")).keepLent(one(name).rotation.name, asked, backend.claims),
    giveBack: async (name, asked) =>
      (await import("./give-back.ts")).giveBack(one(name).rotation.name, asked, backend.claims),
    elsewhere: () => namesElsewhere({ written: parts.written, peers: backend.peers }),
    known: async () => {
      const ofSpec = parts.spec.rotations.map(({ name }) => name);
      return [...new Set([...ofSpec, ...(await backend.store.names())])].toSorted();
    },
    async revoke(name, asked = {}) {
      const { revokeByHand } = await import("./revoke.ts");
      const { written, deps } = parts;
      const found = elsewhereOf(name, { written, peers: deps.peers });
      if (found === undefined || deps.peers === undefined)
        return revokeByHand(plainName(name, deps.peers), parts, asked);
      const { signal } = new AbortController();
      return revokeElsewhere(found, { peers: deps.peers, by, signal }, asked.previous ?? false);
    },
    forget: async (name) => {
      const isOurs = await isLeftBehind(name, parts);
      if (!isOurs && (await forgetElsewhere(name, { written: parts.written, peers: backend.peers }))) return;
      await forgetHere(name, parts);
      record({ act: "forget", rotation: name, result: "done" });
    },
    async eject(name, values) {
      const target = one(name);
      const { describeEject, ejectInPlace, ejectTo } = await import("./eject.ts");
      if (values === undefined) return describeEject(target);
      const report = values === "keep" ? await ejectInPlace(target) : await ejectTo(values, target);
      record({ act: "eject", rotation: name, result: "done", sinks: report.sinks });
      return report;
    },
  };
}

/** Without what another machine of the fleet is named for. */
function here(spec: Spec, { peers }: Pick<Backend, "peers">): Spec {
  const rotations = spec.rotations.filter((rotation) => !isElsewhere(rotation, peers));
  return rotations.length === spec.rotations.length ? spec : { ...spec, rotations };
}

/** The state is the backend's, and another name is another state. */
function refuseMoved(before: Spec, after: Spec): void {
  const isSame = before.name === after.name && before.stateDir === after.stateDir;
  if (isSame && JSON.stringify(before.state) === JSON.stringify(after.state)) return;
  throw new EngineError("the spec names another state now (`name`, `stateDir` or `state`)", {
    code: "ROTATE_SPEC_MOVED",
    exitCode: 2,
    hint: "start `rotate watch` again to take it up",
  });
}

/** Is anything of it kept here, though the spec has it for nobody here? */
async function isLeftBehind(name: string, { spec, deps }: EngineParts): Promise<boolean> {
  return (await orphanStates(spec, deps)).some((state) => state.name === name);
}

/** Also what is kept elsewhere, or never came. */
async function forgetHere(name: string, { spec, deps }: EngineParts): Promise<void> {
  const claim = await deps.claims.byName(name, { away: true });
  if (claim === undefined) throw locked(name);
  await settling(claim, async () => {
    const rotation = spec.rotations.find((each) => each.name === name);
    const { sweepUnder } = await import("../rotation/left-overs.ts");
    if (rotation !== undefined) await sweepUnder(claim, { rotation, deps });
    await forget(name, deps);
  });
}

async function forget(name: string, deps: RotationDeps): Promise<void> {
  deps.host.cache?.remove(name);
  await deps.store.remove(name);
  await tellStandings(deps, [{ name }]);
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
    hint: namesHint(
      name,
      spec.rotations.map((each) => each.name),
    ),
  });
}
