/** What a daemon tells the other machines of its fleet, is told by them, and does for them. */
import { sleepOrWake } from "@rotate/runtime";
import { withFleet, statusesElsewhere } from "../engine/fleet-status.ts";
import type { Answer, Peers, Question } from "../backend/peers.ts";
import type { Engine } from "../engine/engine.ts";
import { isStateError } from "../engine-error.ts";
import type { TroubleReport } from "../report.ts";
import { presentAll } from "../engine/quick-look.ts";
import { statusOf } from "../engine/status.ts";
import { tellStandings, type Seen } from "../engine/tell.ts";
import { standingReport } from "../rotation/visit-report.ts";
import { telling } from "./alarms.ts";
import type { DaemonView, Service } from "./services.ts";

/** Between two signs of life, ms. */
const announceEvery = 10_000;
/** Between two looks for what is asked, ms. */
const listenEvery = 1_000;

/** Absent without a fleet. @param version of this rotate */
export function peerService(engine: Engine, version: string): Service {
  return {
    name: "fleet",
    async start(daemon) {
      const { peers } = engine.parts().deps;
      if (peers === undefined) return async () => undefined;
      const stopping = new AbortController();
      const parts = { engine, daemon, peers, version, told: new Map<string, string>() };
      const loops = [
        repeat(() => tellAndLook(parts), { key: "fleet hosts", every: announceEvery }),
        repeat(() => answerAll(parts), { key: "fleet requests", every: listenEvery }),
      ];

      async function repeat(
        work: () => Promise<void>,
        { key, every }: { readonly key: string; readonly every: number },
      ) {
        const { runtime } = engine.parts().deps;
        while (!stopping.signal.aborted) {
          await work().then(
            () => daemon.troubles.over(key),
            (error: unknown) => daemon.troubles.raise(key, error),
          );
          await sleepOrWake(runtime, every, stopping.signal);
        }
      }

      return async () => {
        stopping.abort();
        await Promise.all(loops);
        await peers.leave().catch(() => undefined); // the database is away: it is noticed missing
      };
    },
  };
}

interface Parts {
  readonly engine: Engine;
  readonly daemon: DaemonView;
  readonly peers: Peers;
  readonly version: string;
  /** How what others have was last told of. */
  readonly told: Map<string, string>;
}

async function tellAndLook(parts: Parts): Promise<void> {
  const { daemon, peers, version } = parts;
  const unable = daemon.troubles.current().find(({ code }) => code === "ROTATE_CANNOT_SERVE");
  await peers.announce({ version, watches: true, cannotServe: unable?.message });
  await mirrorOwn(parts.engine);
  await tellOfOthers(parts);
}

/** Tells the fleet how what only this machine rotates stands. */
async function mirrorOwn(engine: Pick<Engine, "parts">): Promise<void> {
  const { spec, deps } = engine.parts();
  const { peers, halves } = deps;
  if (peers === undefined || halves === undefined) return;
  const own = { ...deps, ...halves.local };
  const stands = await presentAll(spec.rotations.filter(halves.isPinned), own);
  await peers.mirror(stands.map((present) => statusOf(present, own)));
}

/** What a run tells of this machine when it is over. Gives what kept it from that. */
export async function tellFleet(engine: Engine): Promise<readonly TroubleReport[]> {
  const { peers, halves } = engine.parts().deps;
  if (peers === undefined || halves?.away() !== undefined) return [];
  try {
    await peers.announce({ version: "", watches: false });
    await mirrorOwn(engine);
    return [];
  } catch (error) {
    if (!isStateError(error)) throw error;
    const { code, message, hint } = error;
    return [{ code, message, ...(hint !== undefined && { hint }) }];
  }
}

/** Labels that nobody serves, and machines that are not heard of: told by whichever worker sees it first, once. */
async function tellOfOthers({ engine, peers, told }: Parts): Promise<void> {
  const { spec, written, deps } = engine.parts();
  const look = await peers.look();
  const fleet = withFleet(deps, look);
  const labelled = await presentAll(
    spec.rotations.filter(({ runsOn }) => runsOn !== undefined),
    fleet,
  );
  const seen: readonly Seen[] = [
    ...labelled.map(({ moment, standing }) => ({
      name: moment.rotation.name,
      standing: standingReport(standing, moment, fleet.clock),
    })),
    ...statusesElsewhere(written, look, deps).map((status) => ({ name: status.name, standing: status })),
  ];
  const news = seen.filter(({ name, standing }) => told.get(name) !== markOf(standing));
  if (news.length > 0) await tellStandings(telling(deps), news);
  for (const { name, standing } of news) told.set(name, markOf(standing));
}

function markOf(standing: Seen["standing"]): string {
  return `${standing?.state} ${standing?.code} ${standing?.exit}`;
}

async function answerAll({ daemon, peers }: Parts): Promise<void> {
  const asked = await peers.asked();
  await Promise.all(asked.map(({ question, answer }) => answer(() => daemon.ask((engine) => doFor(engine, question)))));
}

function doFor(engine: Engine, question: Question): Promise<Answer> {
  const { by, what } = question;
  if (what === "revoke") {
    const { name, previous } = question;
    engine.events.emit({ type: "asked", by, what, names: [name] });
    return engine.revoke(name, { previous });
  }
  const { names, force } = question;
  engine.events.emit({ type: "asked", by, what: force ? "run --force" : "run", names });
  return engine.run({ names, force, timeout: 0, byDaemon: true });
}
