/**
 * Named reloads run once for all rotations that share them and change together. A rotation says at the start which reloads it may come to; when it comes to one it
 * waits until every other that may come to it has come or has left, and for the reload's `settle` after that; then it runs once, and all get the same result.
 */
export interface ReloadGate {
  /** Before the rotation starts. */
  readonly expect: (rotation: string, reloads: readonly string[]) => void;
  /** The rotation will not come (any more). */
  readonly leave: (rotation: string) => void;
  /** Comes to a reload. The `run` of the last to come is called, with the names of all who came. */
  readonly arrive: (reload: string, rotation: string, arrival: Arrival) => Promise<void>;
}

/** What a rotation brings along to a shared reload. */
export interface Arrival {
  /** ms to wait for more rotations once all that were expected have come. */
  readonly settle: number;
  /** The reload itself, for all of these rotations. What it throws is thrown to each of them. */
  readonly run: (rotations: readonly string[]) => Promise<void>;
}

interface Barrier {
  readonly expected: Set<string>;
  readonly arrived: Set<string>;
  last: Arrival | undefined;
  settling: boolean;
  readonly done: PromiseWithResolvers<void>;
}

/** A gate; `sleep` waits for `settle`. */
export function createReloadGate({
  sleep = async () => {},
}: { readonly sleep?: (milliseconds: number) => Promise<void> } = {}): ReloadGate {
  const barriers = new Map<string, Barrier>();

  function barrierOf(reload: string): Barrier {
    const existing = barriers.get(reload);
    if (existing) return existing;
    const barrier = {
      expected: new Set<string>(),
      arrived: new Set<string>(),
      last: undefined,
      settling: false,
      done: Promise.withResolvers<void>(),
    };
    barriers.set(reload, barrier);
    return barrier;
  }

  async function openIfComplete(reload: string, barrier: Barrier): Promise<void> {
    if (barrier.settling || !isComplete(barrier)) return;
    barrier.settling = true;
    await sleep(barrier.last?.settle ?? 0);
    barrier.settling = false;
    if (!isComplete(barrier) || barriers.get(reload) !== barrier) return;
    barriers.delete(reload);
    await barrier.last!.run([...barrier.arrived]).then(barrier.done.resolve, barrier.done.reject);
  }

  return {
    expect(rotation, reloads) {
      for (const reload of reloads) barrierOf(reload).expected.add(rotation);
    },
    leave(rotation) {
      for (const [reload, barrier] of barriers) {
        if (barrier.arrived.has(rotation)) continue;
        barrier.expected.delete(rotation);
        void openIfComplete(reload, barrier).catch(barrier.done.reject);
      }
    },
    arrive(reload, rotation, arrival) {
      const barrier = barrierOf(reload);
      barrier.arrived.add(rotation);
      barrier.last = arrival;
      void openIfComplete(reload, barrier).catch(barrier.done.reject);
      return barrier.done.promise;
    },
  };
}

function isComplete({ expected, arrived, last }: Barrier): boolean {
  return last !== undefined && [...expected].every((rotation) => arrived.has(rotation));
}
