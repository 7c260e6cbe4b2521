/** A steady stream of queries against an application, and what became of them. */
export interface LoadFigures {
  readonly queries: number;
  readonly failures: number;
  /** Milliseconds from the start to the first failure. */
  readonly firstFailure: number | undefined;
  /** How often each message was heard. */
  readonly messages: ReadonlyMap<string, number>;
}

export interface Load {
  readonly figures: () => LoadFigures;
  /** No more queries; resolves when the last was answered. */
  readonly stop: () => Promise<LoadFigures>;
}

/** Asks for a query every `1000 / perSecond` milliseconds, whether the one before was answered or not. @param port looked up for every query, as traffic may be moved */
export function startLoad(port: () => Promise<number>, perSecond: number): Load {
  const started = performance.now();
  const messages = new Map<string, number>();
  const open = new Set<Promise<void>>();
  let queries = 0;
  let failures = 0;
  let firstFailure: number | undefined;

  function fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    failures += 1;
    firstFailure ??= performance.now() - started;
    messages.set(message, (messages.get(message) ?? 0) + 1);
  }
  function ask(): void {
    queries += 1;
    const asked = port().then(query).catch(fail);
    open.add(asked);
    void asked.finally(() => open.delete(asked));
  }

  const timer = setInterval(ask, 1000 / perSecond);
  const figures = (): LoadFigures => ({ queries, failures, firstFailure, messages });
  async function stop(): Promise<LoadFigures> {
    clearInterval(timer);
    await Promise.all(open);
    return figures();
  }
  return { figures, stop };
}

/** One query. Rejects with what the application said, or because it said nothing. */
async function query(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/query`, { signal: AbortSignal.timeout(10_000) });
  const { error }: { readonly error?: string } = JSON.parse(await answer.text());
  if (!answer.ok) throw new Error(error);
}
