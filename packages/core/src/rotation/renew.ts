import { clamp, marginOf, warnAt } from "../schedule/schedule.ts";
import type { LeaseState } from "../store/state.ts";
import { yardstickOf } from "./decide.ts";
import { failureOf, type Failure } from "./errors.ts";
import { failureKind } from "./failure.ts";
import { acceptHandle } from "./handle.ts";
import { callProvider, timeLimits } from "./invoke.ts";
import { loginEnd } from "./login.ts";
import { momentOf, publishedLease } from "./moment.ts";
import { asLease } from "./lease.ts";
import type { Session } from "./session.ts";
import { createSkewMeter, endOn } from "./skew.ts";

/** How a renewal ended. `mint`: it gave too little, or was refused; a new lease is minted in the same action. */
export type Renewed =
  | { readonly result: "renewed" }
  | { readonly result: "mint"; readonly failure?: Failure }
  | { readonly result: "failed"; readonly failure: Failure };

/** Lengthens the lease that was last published, its reload owed or not: nothing is written, nobody is reloaded. */
export async function renew(session: Session, { cadence }: { readonly cadence: number | undefined }): Promise<Renewed> {
  const { rotation, deps, state } = session;
  const { provider } = rotation;
  const lease = publishedLease(state());
  if (lease === undefined || provider.part.renew === undefined) return { result: "mint" };
  await session.guard();
  const asked = deps.clock.note();
  const meter = createSkewMeter(deps.runtime.now);
  try {
    const terms = await callProvider({ deps, provider }, { timeout: timeLimits.mint }, async (ctx) =>
      provider.part.renew!(asLease(lease, deps.clock), { ...ctx, http: meter.measure(ctx.http) }),
    );
    const skew = meter.milliseconds();
    if (skew !== undefined) deps.clock.learn(skew);
    const end = endOn(terms.expires, asked, skew);
    const diesAt = terms.diesWithLogin ? loginEnd(deps.logins, provider) : undefined;
    const life = Math.min(end, diesAt ?? Infinity) - asked.time;
    const enough = isEnough(life, { lease, session, cadence });
    await session.journal({
      type: "renewed",
      lease: lease.id,
      asOf: asked.time,
      expiresAt: Number.isFinite(end) ? end : null,
      span: Number.isFinite(life) ? life : null,
      ...(skew !== undefined && { told: asked.wall - skew }),
      renewable: enough && terms.renewable !== false,
      ...(!enough && { spent: true }),
      ...acceptHandle(terms, deps.runtime),
      ...(diesAt !== undefined && { diesAt }),
    });
    return { result: enough ? "renewed" : "mint" };
  } catch (error) {
    return failedRenewal(session, lease, failureOf(error, { phase: "renew" }));
  }
}

/** Two thirds of what a new lease gives; under a timer it must also last until the run after the next one, as far as a new lease would. */
function isEnough(
  life: number,
  { lease, session, cadence }: { lease: LeaseState; session: Session; cadence: number | undefined },
): boolean {
  const { ttl, refresh } = session.rotation;
  const whole = yardstickOf(lease, ttl);
  if (!Number.isFinite(life) || !Number.isFinite(whole)) return !Number.isFinite(life);
  if (life < (whole * 2) / 3) return false;
  const usable = (span: number): number => span - marginOf({ span }, refresh);
  return cadence === undefined || usable(life) + blurOf(whole) >= clamp(2 * cadence, 0, usable(whole));
}

/** What two equal lives may differ by, told as instants: in whole seconds, and the one after a mint that took its time. Less than any margin. */
function blurOf(life: number): number {
  return Math.min(life / 20, 10_000);
}

/** An outage is no reason to restart a consumer: minted at once only when the renewal was refused, or time presses. */
function failedRenewal(session: Session, lease: LeaseState, failure: Failure): Renewed {
  const { rotation, deps, state } = session;
  const { now, cron } = momentOf({ rotation, deps }, state());
  deps.onEvent({ type: "renew-failed", rotation: rotation.name, lease: lease.id, error: failure.report });
  const refused = failureKind(failure, true) === "refused";
  if (!refused && now < warnAt(lease, rotation.refresh, cron)) return { result: "failed", failure };
  session.warn(`the lease could not be renewed, a new one is minted: ${failure.report.message}`);
  return { result: "mint", failure };
}
