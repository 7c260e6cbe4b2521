import type { Answer, Credential, Source } from "./credential.ts";

/** What a keeper keeps time with; injected in tests. */
export interface Surroundings {
  /** ms; never goes back. */
  readonly monotonic: () => number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Waits without keeping the process alive; resolves early when the signal aborts. */
  readonly rest: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** What a keeper is told. */
export interface KeeperOptions {
  /** ms that must be left of what is given without asking. */
  readonly minRemaining: number;
  /** ms to wait for an answer. */
  readonly timeout: number;
  readonly onChange: (credential: Credential) => void;
  readonly signal: AbortSignal;
}

interface Kept {
  readonly credential: Credential;
  /** Monotonic ms. */
  readonly until: number;
}

/** After a failure the next question for a change waits so long, and up to so much longer. ms */
const pause = 1_000;
const spread = 4_000;

/**
 * Keeps the credential in memory: one question at a time, none while what is kept is good, and what lives beats an error. A change is waited for in the background, from
 * the first question on.
 */
export function createKeeper(source: Source, options: KeeperOptions, around: Surroundings) {
  const { monotonic, random, rest } = around;
  const { signal } = options;
  let kept: Kept | undefined;
  let asking: Promise<Credential> | undefined;
  let following: Promise<void> | undefined;

  function left(): number {
    return kept === undefined ? 0 : kept.until - monotonic();
  }

  function take({ credential, remaining }: Answer): Credential {
    const isOther = kept !== undefined && kept.credential.fingerprint !== credential.fingerprint;
    kept = { credential, until: monotonic() + remaining };
    if (isOther) options.onChange(credential);
    return credential;
  }

  async function ask(refused: string | undefined): Promise<Credential> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.timeout)]);
    return take(await source.ask(refused, limit));
  }

  async function follow(): Promise<void> {
    while (!signal.aborted && source.next !== undefined && kept !== undefined) {
      try {
        const answer = await source.next(kept.credential.fingerprint, signal);
        if (answer !== undefined) take(answer);
      } catch {
        // Whoever asks is told; who only listens hears of the next change once somebody answers again.
        await rest(pause + random() * spread, signal);
      }
    }
  }

  return async function current(refused?: string): Promise<Credential> {
    const isRefused = kept !== undefined && kept.credential.fingerprint === refused;
    if (kept !== undefined && !isRefused && left() > options.minRemaining) return kept.credential;
    asking ??= ask(isRefused ? refused : undefined).finally(() => (asking = undefined));
    try {
      return await asking;
    } catch (error) {
      if (kept !== undefined && kept.credential.fingerprint !== refused && left() > 0) return kept.credential;
      throw error;
    } finally {
      if (kept !== undefined) following ??= follow();
    }
  };
}
