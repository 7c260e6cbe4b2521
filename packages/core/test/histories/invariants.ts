/** The promises of DESIGN §1, checked against the truth that only the world knows. */
import type { RotationStatus } from "../../src/report.ts";
import type { RotationState } from "../../src/store/state.ts";
import { byValue, lives, violate, type World } from "./world.ts";

type Status = (state: RotationState) => RotationStatus;

/** After every process: nothing lives that nobody knows of, and nothing is called well that is not. */
export function checkAlways(world: World, state: RotationState, statusOf: Status): void {
  if (world.stateRestored) return;
  everyLeaseIsKnown(world, state);
  if (world.handEdited) return;
  const { state: name } = statusOf(state);
  const holders = world.consumer.map((value) => byValue(world, value));
  const mixed = new Set(world.sinks.map(({ value }) => value)).size > 1;
  if (name === "fresh" && mixed) violate("P2 the sinks are mixed and status says fresh");
  const dead = holders.some((issued) => issued !== undefined && !lives(world, issued));
  const clockIsRight = world.clockOffset === 0;
  if (name !== "expired" && dead && clockIsRight && world.shape.overlap)
    violate(`P2 the consumer holds a dead credential and status says ${name}`);
}

function everyLeaseIsKnown(world: World, state: RotationState): void {
  for (const issued of world.issued.filter((lease) => lives(world, lease))) {
    const known = Object.values(state.leases).some((lease) => {
      if (lease.phase === "gone") return false;
      return lease.id === issued.attempt || (lease.handle as { id?: number } | undefined)?.id === issued.id;
    });
    if (!known) violate(`P4 ${issued.value} lives and nobody knows of it`);
  }
}

/** After the faults ended and time passed: one live credential everywhere, the consumer on it, everything else gone. */
export function checkSettled(world: World, state: RotationState, statusOf: Status): void {
  const values = new Set(world.sinks.map(({ value }) => value));
  if (values.size > 1) violate("P1 still mixed after the faults ended");
  const issued = byValue(world, [...values][0] ?? "");
  if (!issued || !lives(world, issued)) violate("P1 a dead credential in the sinks after the faults ended");
  if (new Set(world.consumer).size > 1 || world.consumer[0] !== issued?.value)
    violate("P1 the consumer is broken after the faults ended");
  if (world.stateRestored) return;
  const { state: name, reason } = statusOf(state);
  if (name !== "fresh" && name !== "due") violate(`P2 it never becomes fresh: ${name} ${reason ?? ""}`);
  const live = world.issued.filter((lease) => lives(world, lease));
  if (world.shape.revoke && world.shape.overlap && live.length > 2)
    violate("P4 more than two live leases after settling");
}
