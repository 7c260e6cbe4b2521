import type { Backend, Halves, Store } from "../backend/backend.ts";
import type { Claim, Claims } from "../backend/claim.ts";
import type { EngineError } from "../engine-error.ts";
import { liveLeases } from "../store/state.ts";
import { isUnreachable } from "./database-error.ts";

/** Both backends of a host, and which of them has a rotation. */
export interface BothBackends extends Omit<Halves, "away"> {
  readonly local: Backend;
  readonly shared: Backend;
  readonly warn: (message: string) => void;
  /** Also one that has nothing to do without the database waits for it. */
  readonly patient: boolean;
}

/**
 * One backend of two: rotations that may move live in the database, the others in this machine's directory, and need no database. What is kept beside the rotations (what
 * was told to whom) is in the database, so that a fleet tells it once.
 */
export function createSplitBackend({ local, shared, isPinned, warn, patient }: BothBackends): Backend {
  let pinned = new Set<string>();
  let moving = new Set<string>();
  let away: EngineError | undefined;

  /** A rotation that the spec has not is where its state is. */
  async function backendOf(rotation: string): Promise<Backend> {
    if (pinned.has(rotation)) return local;
    if (moving.has(rotation)) return shared;
    const known = await local.store.load(rotation);
    return known.seq > 0 && known.away?.step !== "left" ? local : shared;
  }

  async function parted<Each>(all: readonly Each[], nameOf: (each: Each) => string) {
    const backends = await Promise.all(all.map((each) => backendOf(nameOf(each))));
    const parts = [local, shared].map((backend) => ({
      backend,
      some: all.filter((_, at) => backends[at] === backend),
    }));
    return parts.filter(({ some }) => some.length > 0);
  }

  const claims: Claims = {
    async due(limit, signal) {
      const found = new AbortController();
      const both = AbortSignal.any([signal, found.signal]);
      async function dueIn(backend: Backend): Promise<readonly Claim[]> {
        const claimed = await backend.claims.due(limit, both);
        if (claimed.length > 0) found.abort();
        return claimed;
      }
      return (await Promise.all([dueIn(local), dueIn(shared)])).flat();
    },
    byName: async (rotation, options) => (await backendOf(rotation)).claims.byName(rotation, options),
    async busy(rotations) {
      const parts = await parted(rotations, (name) => name);
      const busy = await Promise.all(parts.map(({ backend, some }) => backend.claims.busy(some)));
      return new Set(busy.flatMap((names) => [...names]));
    },
  };

  return {
    ...shared,
    place: local.place,
    host: local.host,
    halves: { local, shared, isPinned, away: () => away },
    claims,
    store: splitStore({ local, shared, backendOf, parted }),
    async publish({ rotations }) {
      const here = rotations.filter(isPinned);
      const there = rotations.filter((rotation) => !isPinned(rotation));
      pinned = new Set(here.map(({ name }) => name));
      moving = new Set(there.map(({ name }) => name));
      await local.publish({ rotations: here });
      await tellLeftBehind(local, [...moving], warn);
      away = undefined;
      await shared.publish({ rotations: there }).catch((error: unknown) => {
        if (!isUnreachable(error) || (here.length === 0 && !patient)) throw error;
        away = error;
        warn(
          `${error.message}: ${here.length === 0 ? "it is waited for" : "only what is pinned to this machine is looked after"}`,
        );
      });
    },
    async close() {
      await Promise.all([shared.close(), local.close()]);
    },
  };
}

/** What a machine rotated alone until its spec named a database, and lives on there: minted anew, unless it is moved. */
async function tellLeftBehind(
  { store, clock }: Backend,
  names: readonly string[],
  warn: (message: string) => void,
): Promise<void> {
  const known = new Set(await store.names());
  const states = await store.loadAll(names.filter((name) => known.has(name)));
  const now = clock.now();
  const left = states.filter(
    (state) => state.away === undefined && liveLeases(state).some(({ expiresAt }) => (expiresAt ?? Infinity) > now),
  );
  const [first] = left;
  if (first === undefined) return;
  const which = left.length === 1 ? first.name : `${first.name} and ${left.length - 1} more`;
  warn(
    `this machine has a state of its own of ${which}, which the database does not know: \`rotate state move\`, before anything rotates it there, takes it along`,
  );
}

interface Splitting {
  readonly local: Backend;
  readonly shared: Backend;
  readonly backendOf: (rotation: string) => Promise<Backend>;
  readonly parted: <Each>(
    all: readonly Each[],
    nameOf: (each: Each) => string,
  ) => Promise<readonly { readonly backend: Backend; readonly some: readonly Each[] }[]>;
}

function splitStore({ local, shared, backendOf, parted }: Splitting): Store {
  const stores = [local.store, shared.store];
  const { note, changeNote } = shared.store;

  async function merged<Item>(
    of: (store: Store) => Promise<readonly Item[]>,
    { at, limit }: { readonly at: (item: Item) => string; readonly limit: number },
  ): Promise<readonly Item[]> {
    const all = (await Promise.all(stores.map(of))).flat();
    return all.toSorted((one, other) => (at(one) > at(other) ? -1 : at(one) < at(other) ? 1 : 0)).slice(0, limit);
  }

  return {
    note,
    changeNote,
    load: async (rotation) => (await backendOf(rotation)).store.load(rotation),
    async loadAll(rotations) {
      const parts = await parted(rotations, (name) => name);
      const states = await Promise.all(parts.map(({ backend, some }) => backend.store.loadAll(some)));
      const byName = new Map(states.flat().map((state) => [state.name, state]));
      return rotations.map((rotation) => byName.get(rotation)!);
    },
    async changed() {
      const [here, there] = await Promise.all(stores.map((store) => store.changed()));
      return here && there && new Set([...here, ...there]);
    },
    async names() {
      const names = await Promise.all(stores.map((store) => store.names()));
      return [...new Set(names.flat())].toSorted();
    },
    attempts: (query) =>
      merged((store) => store.attempts(query), { at: ({ startedAt }) => startedAt, limit: query.limit }),
    events: (query) => merged((store) => store.events(query), { at: ({ at }) => at, limit: query.limit }),
    recordEvent: async (event) => (await backendOf(event.rotation)).store.recordEvent(event),
    async tell(standings) {
      const parts = await parted(standings, ({ rotation }) => rotation);
      const told = await Promise.all(parts.map(({ backend, some }) => backend.store.tell(some)));
      return told.flat();
    },
    rename: async (from, to) => (await backendOf(from)).store.rename(from, to),
    remove: async (rotation) => (await backendOf(rotation)).store.remove(rotation),
    past: async (rotation) => (await backendOf(rotation)).store.past(rotation),
    keepPast: async (rotation, past) => (await backendOf(rotation)).store.keepPast(rotation, past),
    dropPast: async (rotation) => (await backendOf(rotation)).store.dropPast(rotation),
  };
}
