/**
 * Named reloads run once for all rotations of a tick that share them. A rotation says at the start which reloads it may come to; when it comes to one it waits until
 * every other that may come to it has come or has left; then the reload runs once, and all get the same result.
 */
export interface ReloadGate {
  /** Before the tick's rotations start. */
  readonly expect: (rotation: string, reloads: readonly string[]) => void;
  /** The rotation will not come (any more). */
  readonly leave: (rotation: string) => void;
  /** Comes to a reload; `run` of the last to come is called, with the names of all who came. */
  readonly arrive: (
    reload: string,
    rotation: string,
    run: (rotations: readonly string[]) => Promise<void>,
  ) => Promise<void>;
}

interface Barrier {
  readonly expected: Set<string>;
  readonly arrived: Set<string>;
  run: ((rotations: readonly string[]) => Promise<void>) | undefined;
  readonly done: Promise<void>;
  readonly settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
}

/** A gate for one tick. */
export function createReloadGate(): ReloadGate {
  const barriers = new Map<string, Barrier>();

  function barrierOf(reload: string): Barrier {
    const existing = barriers.get(reload);
    if (existing) return existing;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const barrier: Barrier = {
      expected: new Set(),
      arrived: new Set(),
      run: undefined,
      done: promise,
      settle: { resolve, reject },
    };
    barriers.set(reload, barrier);
    return barrier;
  }

  function openIfComplete(reload: string, barrier: Barrier): void {
    const complete = [...barrier.expected].every((rotation) => barrier.arrived.has(rotation));
    if (!complete || !barrier.run || barrier.arrived.size === 0) return;
    barriers.delete(reload);
    barrier.run([...barrier.arrived]).then(barrier.settle.resolve, barrier.settle.reject);
  }

  return {
    expect(rotation, reloads) {
      for (const reload of reloads) barrierOf(reload).expected.add(rotation);
    },
    leave(rotation) {
      for (const [reload, barrier] of barriers) {
        if (barrier.arrived.has(rotation)) continue;
        barrier.expected.delete(rotation);
        openIfComplete(reload, barrier);
      }
    },
    arrive(reload, rotation, run) {
      const barrier = barrierOf(reload);
      barrier.arrived.add(rotation);
      barrier.run = run;
      openIfComplete(reload, barrier);
      return barrier.done;
    },
  };
}
