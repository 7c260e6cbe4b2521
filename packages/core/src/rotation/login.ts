import type { Context, Login } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import type { Bound, ProviderEntry } from "../loading/model.ts";
import type { RotationClock } from "../schedule/clock.ts";
import { endOn, type AskedAt } from "./skew.ts";

/** A login with what the engine knows of it. Never leaves memory. */
export interface HeldLogin {
  readonly value: Login | undefined;
  /** It came from an earlier call: a DENIED may only mean that it grew old. */
  readonly kept: boolean;
  /** Rotation time, ms; Infinity without an end. */
  readonly expiresAt: number;
  readonly madeAt: number;
  /** The end of the secret that we logged in with, rotation time in ms. */
  readonly bootstrapExpiresAt: number | undefined;
}

/** One login per provider entry, one in flight, shared until it expires, kept alive at 2/3 of its life. */
export interface Logins {
  readonly get: (provider: ProviderEntry, need?: LoginNeed) => Promise<HeldLogin>;
  /** A new login in place of `old`, unless another caller has made one already. */
  readonly renew: (provider: ProviderEntry, old: HeldLogin) => Promise<HeldLogin>;
  /** What is in memory now, without asking anybody. */
  readonly peek: (provider: ProviderEntry) => HeldLogin | undefined;
}

/** What a login has to be good for. */
export interface LoginNeed {
  /** What is made with it may die with it: one with less than half of its life left is replaced first. */
  readonly atLeastHalf?: boolean;
}

type Call = (provider: ProviderEntry, call: (ctx: Context) => Promise<Login>) => Promise<Login>;

const none: HeldLogin = {
  value: undefined,
  kept: false,
  expiresAt: Infinity,
  madeAt: 0,
  bootstrapExpiresAt: undefined,
};

/** Logins of one engine. `call` gives a provider its context. */
export function createLogins({
  runtime,
  clock,
  call,
}: {
  readonly runtime: Pick<Runtime, "log">;
  readonly clock: RotationClock;
  readonly call: Call;
}): Logins {
  const held = new Map<ProviderEntry, HeldLogin>();
  const inFlight = new Map<ProviderEntry, Promise<HeldLogin>>();
  /** What a login of the entry lives when it is new, ms: keeping it alive may have made less of it. */
  const wholeLife = new Map<ProviderEntry, number>();

  function once(provider: ProviderEntry, make: () => Promise<HeldLogin>): Promise<HeldLogin> {
    const running = inFlight.get(provider);
    if (running) return running;
    const started = make().finally(() => inFlight.delete(provider));
    inFlight.set(provider, started);
    return started;
  }

  async function login(provider: ProviderEntry): Promise<HeldLogin> {
    if (!provider.part.login) return none;
    const { time, wall } = clock.note();
    const value = await call(provider, (ctx) => provider.part.login!(ctx));
    const made = heldFrom(value, { time, wall });
    if (Number.isFinite(made.expiresAt)) wholeLife.set(provider, made.expiresAt - made.madeAt);
    if (value.expires !== undefined) held.set(provider, { ...made, kept: true });
    else held.delete(provider);
    return made;
  }

  async function lengthen(provider: ProviderEntry, old: HeldLogin): Promise<HeldLogin> {
    if (!provider.part.keepAlive) return old;
    const { time, wall } = clock.note();
    try {
      const value = await call(provider, (ctx) => provider.part.keepAlive!({ ...ctx, login: old.value }));
      const made = { ...heldFrom(value, { time, wall }), kept: true };
      held.set(provider, made);
      return made;
    } catch (error) {
      runtime.log.warn("the login could not be kept alive: logging in again", {
        provider: provider.name,
        error: (error as Error).message,
      });
      return login(provider);
    }
  }

  async function get(provider: ProviderEntry, { atLeastHalf = false }: LoginNeed = {}): Promise<HeldLogin> {
    const current = held.get(provider);
    const now = clock.now();
    if (!current || current.expiresAt <= now) return once(provider, () => login(provider));
    const life = current.expiresAt - current.madeAt;
    const lengthened =
      now >= current.madeAt + (life * 2) / 3 ? await once(provider, () => lengthen(provider, current)) : current;
    const left = lengthened.expiresAt - now;
    const tooShort = atLeastHalf && Number.isFinite(life) && left < Math.max(life, wholeLife.get(provider) ?? 0) / 2;
    return tooShort ? once(provider, () => login(provider)) : lengthened;
  }

  return {
    get,
    async renew(provider, old) {
      const current = held.get(provider);
      if (current && current.madeAt > old.madeAt) return current;
      held.delete(provider);
      return once(provider, () => login(provider));
    },
    peek: (provider) => held.get(provider),
  };
}

function heldFrom(value: Login, at: AskedAt): HeldLogin {
  const bootstrap = value.bootstrapExpires;
  return {
    value,
    kept: false,
    madeAt: at.time,
    expiresAt: endOn(value.expires, at),
    bootstrapExpiresAt: bootstrap && endOn(bootstrap, at),
  };
}

/** The end of the login that a lease dies with; undefined when the plugin did not say. */
export function loginEnd(logins: Logins, provider: Bound<unknown> & ProviderEntry): number | undefined {
  const expiresAt = logins.peek(provider)?.expiresAt;
  return expiresAt === undefined || expiresAt === Infinity ? undefined : expiresAt;
}
