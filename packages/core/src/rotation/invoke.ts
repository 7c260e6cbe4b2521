import { beforehand, RotateError, withDetails, type Context, type LoggedIn } from "@rotate/plugin-kit";
import { createContext, materialize, type Runtime, type TemplateScope } from "@rotate/runtime";
import type { Bound, ProbeEntry, ProviderEntry, ReloadEntry, SinkEntry } from "../loading/model.ts";
import { AttributedError, innerError, maskError } from "./errors.ts";
import { whoseLogin, type HeldLogin, type LoginEntry, type LoginNeed } from "./login.ts";
import type { RotationDeps } from "./session.ts";

/** The limits of one call into a plugin. */
export interface CallOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /** Aborts the call. Absent where stopping half-way would be worse than finishing: commits and undos. */
  readonly signal?: AbortSignal;
  /** The new credential, for templates in the options of `verify` probes. */
  readonly scope?: TemplateScope;
  /** Of the login. */
  readonly need?: LoginNeed;
}

/** Time limits of calls, ms. */
export const timeLimits = {
  login: 60_000,
  check: 30_000,
  mint: 60_000,
  prepare: 60_000,
  commit: 60_000,
  read: 20_000,
  revoke: 30_000,
} as const;

/** Calls a plugin with a context of its own. What it throws is attributed to it by its name in the spec, or its type where it has none. */
export async function callPart<Part, T>(
  {
    runtime,
    bound,
  }: {
    readonly runtime: Runtime;
    readonly bound: Bound<Part> & { readonly kind: string; readonly name?: string | undefined };
  },
  { timeout, signal, scope }: CallOptions,
  call: (ctx: Context) => Promise<T>,
): Promise<T> {
  const limit = runtime.deadline(timeout, signal);
  try {
    const { signal: ending } = limit;
    const reading = materialize(bound.options, { runtime, signal: ending, scope });
    const options = await beforehand(() => endedBy(ending, reading, runtime));
    const ctx = createContext({ runtime, options, signal: ending, ...(scope && { scope }) });
    return await endedBy(ending, call(ctx), runtime);
  } catch (error) {
    throw new AttributedError(maskError(error, runtime.masker), `${bound.kind} ${bound.name ?? bound.type}`);
  } finally {
    limit.clear();
  }
}

/** What a call that was told to end still gets to say why it could not be finished. ms */
const lastWords = 1_000;

/** Waits for `work` no longer than until its signal: what is handed to plugins obeys it, a plugin need not. */
async function endedBy<T>(signal: AbortSignal, work: Promise<T>, { deadline }: Pick<Runtime, "deadline">): Promise<T> {
  const late = Promise.withResolvers<never>();
  let grace: ReturnType<typeof deadline> | undefined;
  function onEnd(): void {
    grace = deadline(lastWords);
    grace.signal.addEventListener("abort", () => late.reject(signal.reason), { once: true });
  }
  if (signal.aborted) onEnd();
  else signal.addEventListener("abort", onEnd, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener("abort", onEnd);
    grace?.clear();
  }
}

type With = { readonly deps: Pick<RotationDeps, "runtime"> };

/** Calls a reload. */
export function callReload<T>(
  { deps, reload }: With & { readonly reload: ReloadEntry },
  options: CallOptions,
  call: (ctx: Context) => Promise<T>,
): Promise<T> {
  return callPart({ runtime: deps.runtime, bound: { ...reload, kind: "reload" } }, options, call);
}

/** Calls a probe. */
export function callProbe<T>(
  { deps, probe }: With & { readonly probe: ProbeEntry },
  options: CallOptions,
  call: (ctx: Context) => Promise<T>,
): Promise<T> {
  return callPart({ runtime: deps.runtime, bound: { ...probe, kind: "probe" } }, options, call);
}

type LoginDeps = Pick<RotationDeps, "runtime" | "logins">;

/** Calls a provider under its shared login. A DENIED under a kept login: login again, once. */
export function callProvider<T>(
  { deps, provider }: { readonly deps: LoginDeps; readonly provider: ProviderEntry },
  options: CallOptions,
  call: (ctx: LoggedIn) => Promise<T>,
): Promise<T> {
  return callLoggedIn({ deps, entry: provider, bound: { ...provider, kind: "provider" } }, options, call);
}

/** Calls a sink, under its login where it has one: as with providers. A login that is used for a write still serves when the write has to be undone. */
export function callSink<T>(
  { deps, sink }: { readonly deps: LoginDeps; readonly sink: SinkEntry },
  options: CallOptions,
  call: (ctx: LoggedIn) => Promise<T>,
): Promise<T> {
  const bound = { ...sink, kind: "sink" };
  if (sink.part.login === undefined)
    return callPart({ runtime: deps.runtime, bound }, options, (ctx) => call({ ...ctx, login: undefined }));
  return callLoggedIn({ deps, entry: sink, bound }, { need: { lasting: writeAndUndo }, ...options }, call);
}

/** How long a commit and an undo may take together, ms. */
const writeAndUndo = 2 * timeLimits.commit + timeLimits.prepare;

async function callLoggedIn<T>(
  {
    deps,
    entry,
    bound,
  }: { readonly deps: LoginDeps; readonly entry: LoginEntry; readonly bound: Parameters<typeof callPart>[0]["bound"] },
  options: CallOptions,
  call: (ctx: LoggedIn) => Promise<T>,
): Promise<T> {
  const { logins, runtime } = deps;
  const login = await first(() => loginInTime({ deps, entry }, options));
  try {
    return await callPart({ runtime, bound }, options, (ctx) => call({ ...ctx, login: login.value }));
  } catch (error) {
    if (innerError(error).code !== "DENIED" || !login.kept) throw error;
    runtime.forgetReferences?.();
    const fresh = await first(() => logins.renew(entry, login));
    return await callPart({ runtime, bound }, options, (ctx) => call({ ...ctx, login: fresh.value }));
  }
}

/** A login comes before what it is for: when it fails, nothing was asked for yet, whatever the login itself did. */
async function first<T>(logIn: () => Promise<T>): Promise<T> {
  try {
    return await logIn();
  } catch (error) {
    if (!(error instanceof AttributedError)) throw error;
    throw new AttributedError(withDetails(innerError(error), { noEffect: true }), error.who);
  }
}

/** A login is shared: one that hangs is waited for no longer than this call may take, and goes on for the others. */
async function loginInTime(
  { deps, entry }: { readonly deps: LoginDeps; readonly entry: LoginEntry },
  { need, signal }: CallOptions,
): Promise<HeldLogin> {
  const limit = deps.runtime.deadline(timeLimits.login, signal);
  try {
    return await endedBy(limit.signal, deps.logins.get(entry, need), deps.runtime);
  } catch (error) {
    if (error !== limit.signal.reason) throw error;
    throw new AttributedError(new RotateError("the login took too long", tooLong), whoseLogin(entry));
  } finally {
    limit.clear();
  }
}

const tooLong = {
  code: "TIMEOUT",
  retryable: true,
  noEffect: true,
  hint: "is what it logs in to reachable from here? nothing was done yet",
} as const;
