/** What is told outside of how the rotations stand: to receivers, in the text file, by the heartbeat. One look, for `run` and `watch` alike. */
import { materialize } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { ProcessFacts } from "../metrics/families.ts";
import { concernsOf, mintConcerns, troubleConcerns } from "../notify/concerns.ts";
import type { Settle } from "../notify/receiver.ts";
import { tell, type TellerParts } from "../notify/teller.ts";
import type { Spec } from "../loading/model.ts";
import type { MintsReport } from "../plan-report.ts";
import type { StatusReport, TroubleReport } from "../report.ts";
import { isAbove } from "../engine/mints.ts";
import { beat, isAlive } from "./heartbeat.ts";
import { writeTextfile } from "./textfile.ts";
import { isMonitored } from "./watched.ts";

/** What a look is made with. */
export interface LookoutParts extends TellerParts {
  readonly spec: Pick<Spec, "file" | "notify" | "monitor">;
}

/** What is told, and how soon. */
export interface Look {
  readonly status: StatusReport;
  /** What keeps the daemon itself from its work, as it stood before this look. */
  readonly troubles?: readonly TroubleReport[];
  /** What providers give, and should. Absent: nobody has counted. */
  readonly mints?: readonly MintsReport[];
  readonly settle: Settle;
  readonly facts?: ProcessFacts;
  /** The daemon ends: whoever waits for its heart hears nothing more. */
  readonly isLast?: boolean;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Looked {
  /** What could not be told, or written. */
  readonly troubles: readonly TroubleReport[];
  /** ms until it makes sense to look again; Infinity: not before something changes. */
  readonly wait: number;
}

/** A monitor takes rotate for dead when it hears nothing: it hears this often. ms */
const monitorEvery = 60_000;

/** Tells all of them, side by side. Never throws for one of them. Throws EngineError `ROTATE_STATE_*`. */
export async function lookOut(parts: LookoutParts, look: Look): Promise<Looked> {
  const { status, troubles = [], mints = [], settle, signal } = look;
  const concerns = [...concernsOf(status), ...troubleConcerns(troubles), ...mintConcerns(mints.filter(isAbove))];
  const [told, ...failed] = await Promise.all([tell(parts, { concerns, settle, signal }), ...monitors(parts, look)]);
  return {
    troubles: [...told.failing, ...failed.flatMap((trouble) => trouble ?? [])],
    wait: Math.min(told.wait, isMonitored(parts.spec.monitor) ? monitorEvery : Infinity),
  };
}

interface MonitorOptions {
  readonly textfile?: string;
  readonly heartbeat?: { readonly url: string };
}

function monitors(
  { spec, deps }: LookoutParts,
  { status, facts = {}, isLast, signal }: Look,
): readonly Promise<TroubleReport | undefined>[] {
  const { monitor } = spec;
  if (monitor === undefined) return [];
  const { runtime } = deps;
  const read = async (key: keyof MonitorOptions): Promise<MonitorOptions> =>
    key in monitor ? materialize({ [key]: monitor[key] }, { runtime, signal }) : {};
  return [
    troubleOf("the text file", async () => {
      const { textfile } = await read("textfile");
      if (textfile !== undefined) await writeTextfile(textfile, status, { lastTick: Date.parse(status.at), ...facts });
    }),
    troubleOf("the heartbeat", async () => {
      const { heartbeat } = isAlive(status) && isLast !== true ? await read("heartbeat") : {};
      if (heartbeat !== undefined) await beat(heartbeat.url, deps, signal);
    }),
  ];
}

/** What else goes wrong is a reference that leads nowhere. */
async function troubleOf(what: string, work: () => Promise<void>): Promise<TroubleReport | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const { message, hint } = error as { readonly message: string; readonly hint?: string };
    const code = error instanceof EngineError ? error.code : "ROTATE_MONITOR_INVALID";
    const told = error instanceof EngineError ? message : `${what} of \`monitor\`: ${message}`;
    return { code, message: told, ...(hint !== undefined && { hint }) };
  }
}
