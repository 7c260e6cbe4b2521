import { materialize } from "@rotate/runtime";
import { failureOf } from "../errors.ts";
import { expectedIn } from "../expected.ts";
import { momentOf, type Moment } from "../moment.ts";
import { callProvider, callReload, callSink, timeLimits } from "../invoke.ts";
import { outlast } from "../late-writes.ts";
import { end, type Phase } from "../phase.ts";
import type { Looking } from "../observe.ts";
import { runProbes } from "../probes.ts";
import { samplesOf } from "../samples.ts";
import type { Attempt, Session } from "../session.ts";
import { earlierWrite } from "./prepare.ts";

/** One thing that preflight asks, for `plan` as well. */
export interface Check {
  readonly what: string;
  readonly run: () => Promise<void>;
}

/** Could every step of the rotation work now? Nothing is minted when one could not. */
export const preflightPhase: Phase = {
  name: "preflight",
  stoppable: true,
  async run(session, attempt) {
    for (const check of checksOf(session)) await check.run();
    await outlastBeforeKill(session);
    return { ...attempt, ...(await baseline(session)) };
  },
  failed: async (_session, _attempt, failure) => end("failed", failure.report.message),
};

/** A mint that kills the credential before it would make a dead one of what is still on its way to a sink. A stop ends the wait, and the mint does not begin. */
async function outlastBeforeKill(session: Session): Promise<void> {
  const { provider, sinks } = session.rotation;
  if (provider.part.overlap === false) await outlast(session, sinks, nothing);
}

/** No lease has this id. */
const nothing = "";

/** The checks of a rotation's sinks, reloads, their groups and its provider, in this order. */
export function checksOf({ rotation, deps, state }: Looking): readonly Check[] {
  const { runtime } = deps;
  const { provider } = rotation;
  const ofProvider: Check = {
    what: `provider ${provider.name}`,
    run: () =>
      callProvider({ deps, provider }, { timeout: timeLimits.check }, async (ctx) =>
        provider.part.check?.(ctx, await materialize(rotation.request, { runtime, signal: ctx.signal })),
      ),
  };
  const planned = rotation.sinks.map(({ type, target, values }) => ({ type, target, keys: Object.keys(values) }));
  const every = writesEvery(momentOf({ rotation, deps }, state()));
  const ofSinks = rotation.sinks.map((sink): Check => ({
    what: `sink ${sink.type} ${sink.target}`,
    run: () =>
      callSink({ deps, sink }, { timeout: timeLimits.check }, async (ctx) =>
        sink.part.check?.({
          ...ctx,
          ...earlierWrite(state(), sink),
          keys: Object.keys(sink.values),
          samples: samplesOf(sink, rotation.fields),
          ...every,
        }),
      ),
  }));
  const ofReloads = rotation.reloads.map((reload): Check => ({
    what: `reload ${reload.name ?? reload.type}`,
    run: () =>
      callReload({ deps, reload }, { timeout: timeLimits.check }, async (ctx) => reload.part.check?.(ctx, planned)),
  }));
  const ofGroups = [
    ...new Map(rotation.reloads.flatMap(({ group }) => (group ? [[group.name, group]] : []))).values(),
  ].map((group): Check => ({ what: `group ${group.name}`, run: async () => deps.groups?.check(group) }));
  const run = deps.ownRoots?.(rotation, runtime);
  const ofRoots = run === undefined ? [] : [{ what: "what it stands on", run }];
  return [...ofSinks, ...ofReloads, ...ofGroups, ...ofRoots, ofProvider];
}

const day = 86_400_000;

/** What the schedule comes to. */
function writesEvery(moment: Moment): { readonly every?: number } {
  const { mintsPerDay = 0 } = expectedIn(moment).expected ?? {};
  return mintsPerDay > 0 ? { every: day / mintsPerDay } : {};
}

/** Health, read once before anything is touched: a consumer that is ill already is not blamed on us. */
async function baseline(session: Session): Promise<Pick<Attempt, "healthyBefore">> {
  const { rotation, deps } = session;
  if (rotation.health.length === 0 || session.state().settled === undefined) return {};
  try {
    await runProbes(deps, rotation.health, { once: true });
    return { healthyBefore: true };
  } catch (error) {
    session.warn(
      `the consumer was unhealthy before the rotation: ${failureOf(error, { phase: "health" }).report.message}`,
    );
    return { healthyBefore: false };
  }
}
