/** How a fleet stands beyond this machine: what others rotate, as they told of it, and what nobody takes. */
import type { MirroredStatus, PeerLook, Peers } from "../backend/peers.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import type { HostReport } from "../host-report.ts";
import type { RotationStatus, StandingReport } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { presentAt } from "../schedule/clock.ts";

/** Rotations that another machine is named for. */
export function isElsewhere({ host }: Pick<Rotation, "host">, peers: Pick<Peers, "host"> | undefined): boolean {
  return host !== undefined && peers !== undefined && host !== peers.host;
}

/** The label that a rotation needs and that this process does not serve; undefined: it may take it. */
export function isForOthers({ runsOn }: Pick<Rotation, "runsOn">, peers: Pick<Peers, "labels"> | undefined): boolean {
  return runsOn !== undefined && peers !== undefined && !peers.labels.includes(runsOn);
}

/** The engine's deps with what is known of the fleet: of a label that no machine serves each rotation is told so. */
export function withFleet(deps: RotationDeps, look: PeerLook | undefined): RotationDeps {
  if (look === undefined) return deps;
  const served = new Set([...look.hosts.filter(serves), ...ownOf(deps, look)].flatMap(({ labels }) => labels));
  return {
    ...deps,
    unserved: ({ runsOn }) =>
      runsOn === undefined || served.has(runsOn)
        ? undefined
        : `no machine serves the label ${runsOn}: ${whyNot(look.hosts, runsOn)}`,
  };
}

/** This process, before it has told that it is there. */
function ownOf({ peers }: Pick<RotationDeps, "peers">, { hosts }: PeerLook): readonly Pick<Peers, "labels">[] {
  const isUnable = hosts.some(({ name, cannotServe }) => name === peers?.host && cannotServe !== undefined);
  return peers === undefined || isUnable ? [] : [peers];
}

function serves({ alive, cannotServe }: HostReport): boolean {
  return alive && cannotServe === undefined;
}

function whyNot(hosts: readonly HostReport[], label: string): string {
  const own = hosts.filter(({ labels }) => labels.includes(label));
  const [unable] = own.filter(({ alive }) => alive);
  if (unable?.cannotServe !== undefined) return `${unable.name} cannot: ${unable.cannotServe}`;
  const [last] = own.toSorted((one, other) => (one.seenAt < other.seenAt ? 1 : -1));
  return last === undefined
    ? `start \`rotate watch --label ${label}\` on one`
    : `${last.name} was last heard of at ${last.seenAt}`;
}

/**
 * What is rotated elsewhere. A rotation with `host` has its own name; of what each machine has for itself, each is told under its name, `@` and that of the machine.
 * What is named for a machine that never told of it is told as well.
 */
export function statusesElsewhere(
  { rotations }: Pick<Spec, "rotations">,
  { hosts, pinned }: PeerLook,
  { peers, clock }: Pick<RotationDeps, "peers" | "clock">,
): readonly RotationStatus[] {
  const named = rotations.filter((rotation) => isElsewhere(rotation, peers));
  const byName = new Map(named.map((rotation) => [rotation.name, rotation]));
  const now = presentAt(clock);
  const told = pinned.flatMap((one) => {
    const rotation = byName.get(one.status.name);
    // What has another machine now is told of by that one.
    if (rotation !== undefined && rotation.host !== one.host.name) return [];
    return [mirrored(one, { own: rotation !== undefined, now })];
  });
  const known = new Set(told.map(({ name }) => name));
  const silent = named.filter(({ name }) => !known.has(name));
  return [...told, ...silent.map((rotation) => neverTold(rotation, hosts))];
}

function mirrored(
  { host, status }: MirroredStatus,
  { own, now }: { readonly own: boolean; readonly now: number },
): RotationStatus {
  const { cause: _, ...told } = status;
  const place = { name: own ? told.name : `${told.name}@${host.name}`, host: host.name };
  if (host.alive) return { ...told, ...place };
  // What it was about to do, nobody does.
  const { nextAt: __, rotating: ___, ...left } = told;
  return { ...left, ...place, ...goneStanding(host, told, now) };
}

/** What is not heard of any more is not rotated, for all that is known. */
function goneStanding(host: HostReport, { expiresAt, deadline }: RotationStatus, now: number): StandingReport {
  const end = expiresAt === undefined ? Infinity : Date.parse(expiresAt);
  const must = deadline === undefined ? end : Date.parse(deadline);
  const state = end <= now ? "expired" : must <= now ? "expiring" : "failing";
  const isOver = state !== "failing";
  return {
    state,
    code: "gone",
    exit: isOver ? 3 : 1,
    alarm: isOver ? "expired" : "cannot-serve",
    reason: `its machine ${host.name} was last heard of at ${host.seenAt}`,
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function neverTold({ name, provider, host = "" }: Rotation, hosts: readonly HostReport[]): RotationStatus {
  const known = hosts.find((each) => each.name === host);
  const base = { name, provider: provider.name, kind: provider.type, host, leases: [], warnings: [] };
  if (known?.alive === true) return { ...base, state: "never", code: "never", exit: 1 };
  const seen = known === undefined ? "was never heard of" : `was last heard of at ${known.seenAt}`;
  return {
    ...base,
    state: "failing",
    code: "gone",
    exit: 1,
    alarm: "cannot-serve",
    reason: `its machine ${host} ${seen}`,
  };
}
