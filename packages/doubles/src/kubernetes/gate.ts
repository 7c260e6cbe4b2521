import type { HeldRequest } from "./types.ts";

interface Gate {
  readonly hold: (route: string) => HeldRequest;
  /** Waits while the route is held; the function given is called when the request is done. */
  readonly enter: (route: string) => Promise<() => void>;
}

interface Hold {
  readonly arrived: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
  readonly done: PromiseWithResolvers<void>;
}

/** Holds requests back before they take effect. */
export function createGate(): Gate {
  const holds = new Map<string, Hold>();
  return {
    hold(route) {
      const hold: Hold = {
        arrived: Promise.withResolvers<void>(),
        released: Promise.withResolvers<void>(),
        done: Promise.withResolvers<void>(),
      };
      holds.set(route, hold);
      const release = (): Promise<void> => {
        hold.released.resolve();
        return hold.done.promise;
      };
      return { arrived: hold.arrived.promise, release };
    },
    async enter(route) {
      const hold = holds.get(route);
      if (hold === undefined) return () => undefined;
      holds.delete(route);
      hold.arrived.resolve();
      await hold.released.promise;
      return hold.done.resolve;
    },
  };
}
