import type { Context, ProviderContext } from "@rotate/plugin-kit";
import { createContext } from "../runtime/context.ts";
import { materialize } from "../runtime/materialize.ts";
import type { Runtime } from "../runtime/types.ts";
import type { Bound, ProviderEntry } from "../loading/model.ts";
import type { TemplateScope } from "../loading/template.ts";
import { AttributedError, innerError, maskError } from "./errors.ts";
import type { RotationDeps } from "./session.ts";

export interface CallOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /** Aborts the call. Absent where stopping half-way would be worse than finishing: commits and undos. */
  readonly signal?: AbortSignal;
  /** The new credential, for templates in the options of `verify` probes. */
  readonly scope?: TemplateScope;
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

/** Calls a plugin with a context of its own. What it throws is attributed to it. */
export async function callPart<Part, T>(
  { runtime, bound }: { readonly runtime: Runtime; readonly bound: Bound<Part> & { readonly kind: string } },
  { timeout, signal, scope }: CallOptions,
  call: (ctx: Context) => Promise<T>,
): Promise<T> {
  const limit = runtime.deadline(timeout, signal);
  try {
    const options = await materialize(bound.options, { runtime, signal: limit.signal });
    const ctx = createContext({ runtime, options, signal: limit.signal, ...(scope && { scope }) });
    return await call(ctx);
  } catch (error) {
    throw new AttributedError(maskError(error, runtime.masker), `${bound.kind} ${bound.type}`);
  } finally {
    limit.clear();
  }
}

/** Calls a provider under its shared login. A DENIED under a kept login: login again, once. */
export async function callProvider<T>(
  { deps, provider }: { readonly deps: RotationDeps; readonly provider: ProviderEntry },
  options: CallOptions,
  call: (ctx: ProviderContext) => Promise<T>,
): Promise<T> {
  const { logins, runtime } = deps;
  const bound = { ...provider, kind: "provider" };
  const login = await logins.get(provider);
  try {
    return await callPart({ runtime, bound }, options, (ctx) => call({ ...ctx, login: login.value }));
  } catch (error) {
    if (innerError(error).code !== "DENIED" || !login.kept) throw error;
    const fresh = await logins.renew(provider, login);
    return await callPart({ runtime, bound }, options, (ctx) => call({ ...ctx, login: fresh.value }));
  }
}
