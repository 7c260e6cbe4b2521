import { hostname } from "node:os";
import type { Secret } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";
import type { Backend, Store } from "../backend/backend.ts";
import { carryOver } from "../backend/carry-over.ts";
import type { Claims } from "../backend/claim.ts";
import type { Processes } from "../backend/host-notes.ts";
import { defaultLabel } from "./boss.ts";
import { createBundles } from "./bundles.ts";
import { createSharedClaims } from "./claims.ts";
import { createDatabaseClock, timeIn } from "./clock.ts";
import { openDatabase, refuseStatementPooling, type Database } from "./database.ts";
import { checkKeys, type KeyRing } from "./key.ts";
import { lookAgainAfter, publishSpec, specHash, type Publication } from "./published.ts";
import { freeDead } from "./dead.ts";
import { createPeers } from "./peers.ts";
import { createPulse, realBeats, type Beats, type Pulse } from "./pulse.ts";
import { openQueue, type Queue } from "./queue.ts";
import type { Rows } from "./rows.ts";
import { readMeta, refuseCopy, schemasOf } from "./schema.ts";
import { createSharedStore } from "./store.ts";
import { createWriter } from "./writer.ts";

/** Which state, and how it is reached. */
export interface SharedOptions {
  /** The spec's name. */
  readonly spec: string;
  readonly url: () => Promise<Secret>;
  /** Of the fingerprints. */
  readonly ring: KeyRing;
  /** Its tables; pg-boss's are beside it. */
  readonly schema: string;
  readonly runtime: Pick<Runtime, "now" | "monotonic" | "sleep" | "random">;
  /** For people: which process. */
  readonly holder: string;
  /** Processes of this machine. Those that are dead are not waited for: what they had is free as soon as another of them comes. */
  readonly processes?: () => Processes | undefined;
  /** The name of this machine. Default: the host name. */
  readonly host?: string;
  /** Only to look: makes nothing, and publishes nothing. */
  readonly reading?: boolean;
  /** Works by its spec, and publishes none. */
  readonly silent?: boolean;
  /** Whose rotations are taken as they come due. Default: those without a label. */
  readonly labels?: readonly string[];
  /** It is known that the state came from another database server. */
  readonly adopting?: boolean;
  /** Default: time as it passes. */
  readonly beats?: Beats;
  /** The database's time, ms since 1970. Default: it is asked. */
  readonly readTime?: () => Promise<number>;
}

/** A database that was found to be the right one. */
interface Ready {
  readonly queue: Queue;
  readonly claims: Claims;
  readonly end: () => Promise<void>;
}

/** Work at once, and signs of life beside it. */
const connections = { work: 3, beats: 1 };

/**
 * The backend of several machines: a PostgreSQL that they all use. It is first reached when it is needed, and tried anew each time until it was; every method throws
 * EngineError `ROTATE_STATE_*` when it cannot be.
 */
export async function openSharedBackend(options: SharedOptions): Promise<Backend> {
  const { spec, url, ring, runtime, beats = realBeats, labels = [defaultLabel] } = options;
  const silent = options.silent ?? options.reading === true;
  const rows = { schemas: schemasOf(options.schema), spec };
  const database = await openDatabase({ url, name: `rotate ${spec}`, most: connections.work });
  const beating = await openDatabase({ url, name: `rotate ${spec} alive`, most: connections.beats });
  const time = createDatabaseClock(options.readTime ?? (() => timeIn(beating)), runtime);
  const store = createSharedStore(database, rows);
  let bundles = createBundles([]);
  let publication: Publication | undefined;
  let opening: Promise<Ready> | undefined;

  const published = (): string | undefined => publication?.hash;
  const labelOf = (bundle: string): string => bundles.labelOf(bundle);

  async function open(): Promise<Ready> {
    await checkDatabase(database, rows, options);
    await time.learn();
    const queue = await openQueue(database, { ...rows, labels, random: runtime.random, beats: beating, labelOf });
    const pulse = createPulse(queue, beats, time.learn);
    async function stop(): Promise<void> {
      await pulse.stop();
      await queue.close();
    }
    // Its timers would keep the process from its end.
    return begin(queue, pulse, stop).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  }

  async function begin(queue: Queue, pulse: Pulse, stop: () => Promise<void>): Promise<Ready> {
    const writer = createWriter({ ...rows, database, queue }, () => bundles);
    const holder = await freeDead(queue, options);
    const parts = { ...options, ...rows, holder, database, queue, pulse, writer, beats, clock: time.clock, published };
    const { claims, giveBack } = createSharedClaims({ ...parts, bundles: () => bundles });
    if (publication !== undefined && !silent) await bring(publication, { ...rows, database, queue, store });
    const endLooking = beats.every(lookAgainAfter, async () => {
      if (publication !== undefined && !silent) await lookAgain(publication, { ...rows, database, queue });
    });
    async function end(): Promise<void> {
      endLooking();
      await giveBack();
      await stop();
    }
    return { queue, claims, end };
  }

  /** Whatever kept it from the database may be over. */
  function ready(): Promise<Ready> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  const peerParts = {
    host: options.host ?? hostname(),
    requests: async () => (await ready()).queue.requests,
    published,
  };
  return {
    scope: "shared",
    place: database.place,
    host: {},
    clock: time.clock,
    fingerprint: ring.fingerprint,
    store: afterwards(store, ready),
    peers: afterwards(createPeers({ ...runtime, ...rows, ...peerParts, database, labels }), ready),
    claims: claimsWhen(ready),
    async publish({ rotations }) {
      bundles = createBundles(rotations);
      const names = rotations.map(({ name }) => name);
      const renamed = rotations.filter(({ renamedFrom }) => renamedFrom !== undefined);
      publication = { hash: specHash(rotations), bundles, names, renamed, by: options.holder };
      const isOpening = opening === undefined;
      const { queue } = await ready();
      if (!silent && !isOpening) await bring(publication, { ...rows, database, queue, store });
    },
    async close() {
      await opening?.then(({ end }) => end()).catch(() => undefined); // it was never reached, or is gone: what is held lapses
      await Promise.allSettled([database.close(), beating.close()]);
    },
  };
}

function claimsWhen(ready: () => Promise<Ready>): Claims {
  return {
    due: async (limit, signal) => (await ready()).claims.due(limit, signal),
    byName: async (rotation, how) => (await ready()).claims.byName(rotation, how),
    busy: async (rotations) => (await ready()).claims.busy(rotations),
  };
}

interface Bringing extends Rows {
  readonly database: Database;
  readonly queue: Queue;
  readonly store: Store;
}

/** What was renamed goes on under its new name. */
async function bring(publication: Publication, { database, queue, store, ...rows }: Bringing): Promise<void> {
  await carryOver(publication.renamed ?? [], store);
  await publishSpec(database, queue, { ...rows, publication });
}

/** Where the database does not answer, whoever works with what is held is told. */
async function lookAgain(
  publication: Publication,
  { database, queue, ...rows }: Omit<Bringing, "store">,
): Promise<void> {
  await publishSpec(database, queue, { ...rows, publication, wholeFor: lookAgainAfter / 2 }).catch(() => undefined);
}

/** Is it the right one, and has this host what it takes? */
async function checkDatabase(
  database: Database,
  rows: Rows,
  { adopting = false, reading = false, ring }: SharedOptions,
): Promise<void> {
  const meta = await readMeta(database, rows.schemas);
  await refuseStatementPooling(database);
  if (!adopting) await refuseCopy(database, meta, rows.spec);
  await checkKeys(database, rows, { ring, reading });
}

/** The same, each method once the database is found to be the right one. */
function afterwards<Of extends object>(methods: Of, ready: () => Promise<unknown>): Of {
  const entries = Object.entries(methods).map(([name, method]: [string, unknown]) => {
    if (typeof method !== "function") return [name, method];
    async function waiting(...args: readonly unknown[]): Promise<unknown> {
      await ready();
      return (method as (...args: readonly unknown[]) => unknown)(...args);
    }
    return [name, waiting];
  });
  return Object.fromEntries(entries) as Of;
}
