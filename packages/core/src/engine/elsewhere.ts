/** What is asked of rotations that another machine rotates: it is asked for there. */
import type { Peers, Question } from "../backend/peers.ts";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import type { RunReport } from "../report.ts";
import { isElsewhere } from "./fleet-status.ts";
import type { RevokeReport } from "../revoke-report.ts";

/** A rotation of another machine: as it is asked for, and as it is called there. */
export interface Elsewhere {
  readonly asked: string;
  readonly name: string;
  readonly host: string;
}

interface At {
  readonly written: Pick<Spec, "rotations">;
  readonly peers: Peers | undefined;
}

/** Where a rotation is that this machine has not: `host` in the spec, or the machine behind an `@`. Undefined: here, or nowhere. */
export function elsewhereOf(asked: string, { written, peers }: At): Elsewhere | undefined {
  if (peers === undefined) return undefined;
  const [name = "", host] = asked.split("@");
  if (host === peers.host) return undefined;
  if (host !== undefined) return { asked, name, host };
  const rotation = written.rotations.find((each) => each.name === asked);
  return rotation?.host !== undefined && isElsewhere(rotation, peers)
    ? { asked, name, host: rotation.host }
    : undefined;
}

/** The name that a rotation of this machine has here, should it be asked for with the machine's own. */
export function plainName(asked: string, peers: Pick<Peers, "host"> | undefined): string {
  return peers !== undefined && asked.endsWith(`@${peers.host}`) ? asked.slice(0, -peers.host.length - 1) : asked;
}

/** Throws EngineError `ROTATE_ELSEWHERE` for what only its own machine can do. */
export function refuseElsewhere(names: readonly string[] = [], at: At): void {
  for (const asked of names) {
    const found = elsewhereOf(asked, at);
    if (found !== undefined)
      throw new EngineError(`${found.name} is rotated by the machine ${found.host}`, {
        code: "ROTATE_ELSEWHERE",
        exitCode: 2,
        hint: `ask for it there; \`run ${asked}\`, \`revoke ${asked}\` and \`status\` work from here as well`,
      });
  }
}

/** Who asks, and until when. */
export interface Asking {
  readonly peers: Peers;
  readonly by: string;
  readonly signal: AbortSignal;
}

/** Lets other machines run theirs, side by side. Throws EngineError `ROTATE_HOST_GONE` and what they throw. */
export async function runElsewhere(
  found: readonly Elsewhere[],
  { peers, by, signal }: Asking,
  force: boolean,
): Promise<RunReport["rotations"]> {
  const byHost = [...Map.groupBy(found, ({ host }) => host)];
  const reports = await Promise.all(
    byHost.map(async ([host, some]) => {
      const question: Question = { what: "run", names: some.map(({ name }) => name), force, by };
      const { rotations } = (await peers.ask(host, question, signal)) as RunReport;
      const asked = new Map(some.map((one) => [one.name, one.asked]));
      return rotations.map((report) => ({ ...report, name: asked.get(report.name) ?? report.name }));
    }),
  );
  return reports.flat();
}

/** Lets another machine revoke. Throws EngineError `ROTATE_HOST_GONE` and what that one throws. */
export async function revokeElsewhere(
  { asked, name, host }: Elsewhere,
  { peers, by, signal }: Asking,
  previous: boolean,
): Promise<RevokeReport> {
  const report = (await peers.ask(host, { what: "revoke", name, previous, by }, signal)) as RevokeReport;
  return { ...report, name: asked };
}

/** The names by which rotations of other machines are asked for here. */
export async function namesElsewhere({ written, peers }: At): Promise<readonly string[]> {
  if (peers === undefined) return [];
  const named = written.rotations.filter((rotation) => isElsewhere(rotation, peers)).map(({ name }) => name);
  const { pinned } = await peers.look();
  return [...named, ...pinned.map(({ host, status }) => `${status.name}@${host.name}`)];
}

/** What a machine that is gone told of its rotation is told of no more; false: it is none of another machine. Throws EngineError `ROTATE_ELSEWHERE` while that is heard of. */
export async function forgetElsewhere(asked: string, at: At): Promise<boolean> {
  const found = elsewhereOf(asked, at);
  if (found === undefined || at.peers === undefined) return false;
  const { hosts } = await at.peers.look();
  if (hosts.some((each) => each.name === found.host && each.alive)) refuseElsewhere([asked], at);
  await at.peers.forget(found.host, found.name);
  return true;
}
