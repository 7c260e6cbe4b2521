import type { EngineError } from "../engine-error.ts";
import type { EndpointEntry } from "../loading/model.ts";
import type { EndpointReport } from "../endpoint-report.ts";
import type { Answers } from "./answers.ts";
import type { OpenEntry } from "./entry.ts";
import type { Turned } from "./turned.ts";

/** An entry with what became of it. */
export interface Placed {
  readonly entry: EndpointEntry;
  readonly turned: Turned;
  readonly answers: ReadonlyMap<string, Answers>;
  readonly open?: OpenEntry;
  readonly fault?: EngineError;
}

/** How it stands. */
export function reportOf({ entry, turned, answers, open, fault }: Placed): EndpointReport {
  const { name, type, rotations, listen, part } = entry;
  return {
    name,
    type,
    rotations,
    address: "socket" in listen ? listen.socket : `${listen.host}:${listen.port}`,
    state: open === undefined ? "failing" : "listening",
    ...(fault && { error: errorOf(fault) }),
    ...(part.sessions === true && { sessions: sessionsOf(rotations, answers) }),
    refusals: [...turned.counts()].map(([reason, count]) => ({ reason, count })),
  };
}

function errorOf({ code, message, hint }: EngineError): NonNullable<EndpointReport["error"]> {
  return { code, message, ...(hint !== undefined && { hint }) };
}

function sessionsOf(
  rotations: readonly string[],
  answers: ReadonlyMap<string, Answers>,
): NonNullable<EndpointReport["sessions"]> {
  return rotations.flatMap((rotation) =>
    [...(answers.get(rotation)?.offer.sessions() ?? [])].map(([lease, count]) => ({ lease, count })),
  );
}
