import { endOf } from "../schedule/schedule.ts";
import { failureOf } from "./errors.ts";
import { callProvider, timeLimits } from "./invoke.ts";
import { loginEnd } from "./login.ts";
import { asLease } from "./retire.ts";
import type { Session } from "./session.ts";
import { createSkewMeter, localExpiry } from "./skew.ts";

/** Lengthens the settled lease: nothing is written, nobody is reloaded. False when it failed or gave less than 2/3 of the life asked for: then it is minted anew. */
export async function renew(session: Session): Promise<boolean> {
  const { rotation, deps, state, now } = session;
  const { provider } = rotation;
  const lease = state().leases[state().settled ?? ""];
  if (lease === undefined || provider.part.renew === undefined) return false;
  await session.guard();
  const asked = rotation.ttl ?? endOf(lease) - lease.issuedAt;
  const requestedAt = now();
  const meter = createSkewMeter(deps.runtime.now);
  try {
    const terms = await callProvider({ deps, provider }, { timeout: timeLimits.mint }, async (ctx) =>
      provider.part.renew!(asLease(lease), { ...ctx, http: meter.measure(ctx.http) }),
    );
    const skew = meter.milliseconds();
    const instant = localExpiry(terms.expires, { requestedAt, skew });
    const diesAt = terms.diesWithLogin ? loginEnd(deps.logins, provider) : undefined;
    const expiresAt = instant === Infinity ? null : instant;
    const enough = Math.min(instant, diesAt ?? Infinity) - requestedAt >= (asked * 2) / 3;
    await session.journal({
      type: "renewed",
      lease: lease.id,
      expiresAt,
      skew,
      renewable: enough && terms.renewable !== false,
      ...(terms.handle !== undefined && { handle: terms.handle }),
      ...(diesAt !== undefined && { diesAt }),
    });
    return enough;
  } catch (error) {
    session.warn(
      `the lease could not be renewed, a new one is minted: ${failureOf(error, { phase: "renew" }).report.message}`,
    );
    return false;
  }
}
