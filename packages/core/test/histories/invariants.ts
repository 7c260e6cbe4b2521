/** The promises of DESIGN §1, checked against the truth that only the world knows. */
import type { RotationReport, RotationStatus } from "../../src/report.ts";
import type { RotationState } from "../../src/store/state.ts";
import { changeTime } from "../../src/schedule/schedule.ts";
import { byValue, isMixed, lives, sinkValues, violate, type Issued, type World } from "./world.ts";

export interface Seen {
  readonly state: RotationState;
  readonly status: RotationStatus;
}

/** After every process: nothing lives that nobody knows of, and nothing is called well that is not. */
export function checkAlways(world: World, { state, status }: Seen): void {
  if (world.stateRestored) return;
  everyLeaseIsKnown(world, state);
  if (world.handEdited) return;
  everyValueIsExplained(world, state);
  if (status.state === "fresh" && isMixed(sinkValues(world))) violate("P2 the sinks are mixed and status says fresh");
  if (status.state === "expired" || world.clockOffset !== 0 || !world.shape.overlap) return;
  const held = world.consumers.flat().map((value) => byValue(world, value));
  // A value that the issuer repeats is looked at until its end, and that it changed may be seen a little later.
  const repeats = Object.values(state.leases).some(({ kept }) => kept);
  const isDead = (issued: Issued): boolean =>
    !lives(world, issued) && (issued.revoked || !repeats || issued.expiresAt + changeTime <= world.time);
  if (held.some((issued) => issued !== undefined && isDead(issued)))
    violate(`P2 the consumer holds a dead credential and status says ${status.state}`);
}

/** After a process that came to its end: what it says of the sinks is so. */
export function checkReport(world: World, { sinks }: Pick<RotationReport, "sinks">): void {
  if (world.handEdited || world.stateRestored || !sinks.some(({ result }) => result === "undone")) return;
  if (isMixed(sinkValues(world))) violate("P2 the sinks are said to be undone and are mixed");
}

function everyLeaseIsKnown(world: World, state: RotationState): void {
  for (const issued of world.issued.filter((one) => lives(world, one))) {
    const known = Object.values(state.leases).some((lease) => {
      if (lease.phase === "gone") return false;
      return lease.id === issued.attempt || (lease.handle as { id?: number } | undefined)?.id === issued.id;
    });
    if (!known) violate(`P4 ${issued.value} lives and nobody knows of it`);
  }
}

/** Only what somebody else wrote is a stranger's: what we wrote, the state knows. A sink that was out of the spec may hold what was forgotten meanwhile. */
function everyValueIsExplained({ shape }: World, { sinks }: RotationState): void {
  if (shape.rich.specChange) return;
  if (Object.values(sinks).some(({ may }) => may.includes("foreign")))
    violate("P2 what we wrote ourselves is called a stranger's");
}

/** What is not yet well once the faults have ended: one live credential everywhere, the consumers on it, everything else gone. */
export function troubleOf(world: World, { status }: Seen): string | undefined {
  const values = sinkValues(world);
  if (isMixed(values)) return "P1 still mixed after the faults ended";
  const issued = byValue(world, values[0] ?? "");
  if (!issued || !lives(world, issued)) return "P1 a dead credential in the sinks after the faults ended";
  if (world.consumers.some((read) => isMixed(read) || read[0] !== issued.value))
    return "P1 a consumer is broken after the faults ended";
  if (world.stateRestored) return undefined;
  if (status.state !== "fresh" && status.state !== "due")
    return `P2 it never becomes fresh: ${status.state} ${status.reason ?? ""}`;
  const live = world.issued.filter((one) => lives(world, one));
  if (world.shape.revoke === "handle" && world.shape.overlap && live.length > 2)
    return "P4 more than two live leases after settling";
  return undefined;
}
