import type { Context, Expires, Login } from "@rotate/plugin-kit";
import type { Runtime } from "../runtime/types.ts";
import type { Bound, ProviderEntry } from "../loading/model.ts";

/** A login with what the engine knows of it. Never leaves memory. */
export interface HeldLogin {
  readonly value: Login | undefined;
  /** It came from an earlier call: a DENIED may only mean that it grew old. */
  readonly kept: boolean;
  /** ms since 1970; Infinity without an end. */
  readonly expiresAt: number;
  readonly madeAt: number;
  /** The end of the secret that we logged in with, ms since 1970. */
  readonly bootstrapExpiresAt: number | undefined;
}

/** One login per provider entry, one in flight, shared until it expires, kept alive at 2/3 of its life. */
export interface Logins {
  readonly get: (provider: ProviderEntry) => Promise<HeldLogin>;
  /** A new login in place of `old`, unless another caller has made one already. */
  readonly renew: (provider: ProviderEntry, old: HeldLogin) => Promise<HeldLogin>;
  /** What is in memory now, without asking anybody. */
  readonly peek: (provider: ProviderEntry) => HeldLogin | undefined;
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
export function createLogins({ runtime, call }: { readonly runtime: Runtime; readonly call: Call }): Logins {
  const held = new Map<ProviderEntry, HeldLogin>();
  const inFlight = new Map<ProviderEntry, Promise<HeldLogin>>();

  function once(provider: ProviderEntry, make: () => Promise<HeldLogin>): Promise<HeldLogin> {
    const running = inFlight.get(provider);
    if (running) return running;
    const started = make().finally(() => inFlight.delete(provider));
    inFlight.set(provider, started);
    return started;
  }

  async function login(provider: ProviderEntry): Promise<HeldLogin> {
    if (!provider.part.login) return none;
    const madeAt = runtime.now();
    const value = await call(provider, (ctx) => provider.part.login!(ctx));
    const made = heldFrom(value, madeAt);
    if (value.expires !== undefined) held.set(provider, { ...made, kept: true });
    else held.delete(provider);
    return made;
  }

  async function lengthen(provider: ProviderEntry, old: HeldLogin): Promise<HeldLogin> {
    if (!provider.part.keepAlive) return old;
    const madeAt = runtime.now();
    try {
      const value = await call(provider, (ctx) => provider.part.keepAlive!({ ...ctx, login: old.value }));
      const made = { ...heldFrom(value, madeAt), kept: true };
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

  async function get(provider: ProviderEntry): Promise<HeldLogin> {
    const current = held.get(provider);
    const now = runtime.now();
    if (!current || current.expiresAt <= now) return once(provider, () => login(provider));
    const twoThirds = current.madeAt + ((current.expiresAt - current.madeAt) * 2) / 3;
    return now >= twoThirds ? once(provider, () => lengthen(provider, current)) : current;
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

/** `expires` of a plugin as an instant, relative lives counted from `start` (ms). Infinity for "never". */
export function instantOf(expires: Expires | undefined, start: number): number {
  if (expires === undefined || expires === "never") return Infinity;
  return expires instanceof Date ? expires.getTime() : start + expires.in;
}

function heldFrom(value: Login, madeAt: number): HeldLogin {
  return {
    value,
    kept: false,
    madeAt,
    expiresAt: instantOf(value.expires, madeAt),
    bootstrapExpiresAt: value.bootstrapExpires?.getTime(),
  };
}

/** The end of the login that a lease dies with; undefined when the plugin did not say. */
export function loginEnd(logins: Logins, provider: Bound<unknown> & ProviderEntry): number | undefined {
  const expiresAt = logins.peek(provider)?.expiresAt;
  return expiresAt === undefined || expiresAt === Infinity ? undefined : expiresAt;
}
