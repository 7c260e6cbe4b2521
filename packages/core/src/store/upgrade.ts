import { emptyState, type KeptError, type LeaseState, type RotationState } from "./state.ts";

/** What layout 1 kept otherwise. */
interface OldState extends Omit<RotationState, "clock" | "waste" | "early" | "failure"> {
  readonly mints?: readonly number[];
  readonly clock?: { readonly highest: number; readonly uptime: number; readonly bootId: string };
  readonly failure?: Omit<NonNullable<RotationState["failure"]>, "since" | "kind" | "specHash" | "wokenAt">;
}

/** A state that layout 1 wrote, as this version knows it. Its terms count from the mint, since nothing better was kept; what it counted against the budget is forgotten. */
export function upgradeState(old: OldState): RotationState {
  const { mints: _, clock, failure, owed, leases, ...rest } = old;
  const time = clock?.highest ?? 0;
  const ofReload = owed?.kind === "reload" && failure !== undefined;
  return {
    ...emptyState(rest.name),
    ...rest,
    leases: Object.fromEntries(Object.entries(leases).map(([id, lease]) => [id, upgradeLease(lease)])),
    clock: { time, wall: time, told: time, uptime: clock?.uptime ?? 0, bootId: clock?.bootId ?? "" },
    ...(owed && { owed: ofReload ? { ...owed, error: keptError(failure) } : owed }),
    ...(failure &&
      !ofReload && {
        failure: { ...failure, since: failure.at, kind: "unavailable", specHash: rest.specHash ?? "", wokenAt: 0 },
      }),
  };
}

function keptError({ at, phase, code, message, hint, retryable }: KeptError): KeptError {
  return { at, phase, code, message, retryable, ...(hint !== undefined && { hint }) };
}

function upgradeLease(lease: LeaseState): LeaseState {
  const end = Math.min(lease.expiresAt ?? Infinity, lease.diesAt ?? Infinity);
  const life = Number.isFinite(end) ? end - lease.issuedAt : null;
  return { ...lease, asOf: lease.issuedAt, given: life, span: life };
}
