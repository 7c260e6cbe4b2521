import type { TemplateScope } from "@rotate/runtime";
import { innerError } from "./errors.ts";
import { callProbe } from "./invoke.ts";
import type { RotationDeps } from "./session.ts";
import type { ProbeEntry } from "../loading/model.ts";
import { backoff } from "../schedule/backoff.ts";

/** How probes are run: with which credential, and for how long. */
export interface ProbeRun {
  /** The new credential, for `verify`; absent for `health`. */
  readonly scope?: TemplateScope;
  /** Ends the waiting between two tries; a try that has begun is finished. */
  readonly signal?: AbortSignal;
  /** One try each, without the window. */
  readonly once?: boolean;
}

/** Runs the probes in order; each is tried again within its window, with the same credential. Throws what the last try threw. */
export async function runProbes(deps: RotationDeps, probes: readonly ProbeEntry[], options: ProbeRun): Promise<void> {
  for (const probe of probes) await runProbe(deps, probe, options);
}

async function runProbe(deps: RotationDeps, probe: ProbeEntry, { scope, signal, once }: ProbeRun): Promise<void> {
  const { runtime } = deps;
  const until = runtime.monotonic() + (once ? 0 : probe.within);
  for (let tries = 1; ; tries++) {
    try {
      const options = { timeout: probe.timeout, ...(scope && { scope }) };
      return await callProbe({ deps, probe }, options, (ctx) => probe.part.run(ctx));
    } catch (error) {
      const wait = innerError(error).retryAfter ?? backoff(tries, { initial: 250, max: 5_000, random: runtime.random });
      if (runtime.monotonic() + wait > until || signal?.aborted) throw error;
      await runtime.sleep(wait, signal);
    }
  }
}
