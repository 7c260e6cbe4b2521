import type { Context, Login } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import type { Bound, ProviderEntry, SinkEntry } from "../loading/model.ts";
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

/** What logs in: an entry of the spec, whose part may have no `login`. */
export type LoginEntry = ProviderEntry | SinkEntry;

/** One login per entry, one in flight, shared until it expires, kept alive at 2/3 of its life. */
export interface Logins {
  readonly get: (entry: LoginEntry, need?: LoginNeed) => Promise<HeldLogin>;
  /** A new login in place of `old`, unless another caller has made one already. */
  readonly renew: (entry: LoginEntry, old: HeldLogin) => Promise<HeldLogin>;
  /** What is in memory now, without asking anybody. */
  readonly peek: (entry: LoginEntry) => HeldLogin | undefined;
}

/** What a login has to be good for. */
export interface LoginNeed {
  /** What is made with it may die with it: one with less than half of its life left is replaced first. */
  readonly atLeastHalf?: boolean;
  /** Milliseconds that it has to last, where a new one would: what is begun with it may have to be undone with it. */
  readonly lasting?: number;
}

type Call = (entry: LoginEntry, call: (ctx: Context) => Promise<Login>) => Promise<Login>;

const none: HeldLogin = {
  value: undefined,
  kept: false,
  expiresAt: Infinity,
  madeAt: 0,
  bootstrapExpiresAt: undefined,
};

/** Logins of one engine. `call` gives a part its context. */
export function createLogins({
  runtime,
  clock,
  call,
}: {
  readonly runtime: Pick<Runtime, "log">;
  readonly clock: RotationClock;
  readonly call: Call;
}): Logins {
  const held = new Map<LoginEntry, HeldLogin>();
  const inFlight = new Map<LoginEntry, Promise<HeldLogin>>();
  /** What a login of the entry lives when it is new, ms: keeping it alive may have made less of it. */
  const wholeLife = new Map<LoginEntry, number>();

  function once(entry: LoginEntry, make: () => Promise<HeldLogin>): Promise<HeldLogin> {
    const running = inFlight.get(entry);
    if (running) return running;
    const started = make().finally(() => inFlight.delete(entry));
    inFlight.set(entry, started);
    return started;
  }

  async function login(entry: LoginEntry): Promise<HeldLogin> {
    if (!entry.part.login) return none;
    const { time, wall } = clock.note();
    const value = await call(entry, (ctx) => entry.part.login!(ctx));
    const made = heldFrom(value, { time, wall });
    if (Number.isFinite(made.expiresAt)) wholeLife.set(entry, made.expiresAt - made.madeAt);
    if (value.expires !== undefined) held.set(entry, { ...made, kept: true });
    else held.delete(entry);
    return made;
  }

  async function lengthen(entry: LoginEntry, old: HeldLogin): Promise<HeldLogin> {
    if (!entry.part.keepAlive) return old;
    const { time, wall } = clock.note();
    try {
      const value = await call(entry, (ctx) => entry.part.keepAlive!({ ...ctx, login: old.value }));
      const made = { ...heldFrom(value, { time, wall }), kept: true };
      held.set(entry, made);
      return made;
    } catch (error) {
      runtime.log.warn("the login could not be kept alive: logging in again", {
        of: whoseLogin(entry),
        error: (error as Error).message,
      });
      return login(entry);
    }
  }

  async function get(entry: LoginEntry, need: LoginNeed = {}): Promise<HeldLogin> {
    const current = held.get(entry);
    const now = clock.now();
    if (!current || current.expiresAt <= now) return once(entry, () => login(entry));
    const life = current.expiresAt - current.madeAt;
    const lengthened =
      now >= current.madeAt + (life * 2) / 3 ? await once(entry, () => lengthen(entry, current)) : current;
    const left = lengthened.expiresAt - now;
    const half = Math.max(life, wholeLife.get(entry) ?? 0) / 2;
    const needed = need.atLeastHalf ? half : Math.min(need.lasting ?? 0, half);
    const tooShort = Number.isFinite(life) && left < needed;
    return tooShort ? once(entry, () => login(entry)) : lengthened;
  }

  return {
    get,
    async renew(entry, old) {
      const current = held.get(entry);
      if (current && current.madeAt > old.madeAt) return current;
      held.delete(entry);
      return once(entry, () => login(entry));
    },
    peek: (entry) => held.get(entry),
  };
}

/** For people. */
export function whoseLogin(entry: LoginEntry): string {
  return "name" in entry ? `provider ${entry.name}` : `sink ${entry.type}`;
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
