/** What is done to a shared state as a whole, by whoever owns it: `rotate state`. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Runtime } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import { pinnedBy } from "../loading/pinned.ts";
import { liveLeases } from "../store/state.ts";
import { createBundles } from "./bundles.ts";
import { openDatabase, type Database } from "./database.ts";
import { createKeyRing, readKeys } from "./key.ts";
import { openSharedBackend } from "./open-shared.ts";
import { publishSpec, specHash } from "./published.ts";
import { prepareQueues, refuseOtherBoss } from "./boss.ts";
import { openQueue } from "./queue.ts";
import { grantsOf, readMeta, refuseCopy, refuseNewer, schemasOf, systemOf, tablesOf, type Schemas } from "./schema.ts";
import { dropKeys, keysOf, upkeep, type KeyReport, type UpkeepReport } from "./upkeep.ts";
import { stateOptionOf, type StateOption } from "./state-option.ts";

type OfSpec = Pick<Spec, "name" | "state" | "rotations">;

/** Which spec's state, and where its references are read. */
export interface StateParts {
  readonly spec: OfSpec;
  readonly runtime: Runtime;
}

/** Roles that get what they need, and nothing else. They are made by whoever makes roles. */
export interface StateRoles {
  /** Of `run`, `watch` and all that changes something. */
  readonly worker?: string | undefined;
  /** Of `status`, `history` and `plan`. */
  readonly reader?: string | undefined;
}

/** A new key for the fingerprints, as `state.key` takes it. */
export function newStateKey(): string {
  return randomBytes(32).toString("base64");
}

/**
 * Makes the tables of the state and the queue of the spec where they are absent, and gives roles their rights. `upgrade`: also brings the tables of an earlier rotate to
 * those of this one; no worker may run meanwhile. Throws EngineError `ROTATE_STATE_*`.
 */
export async function prepareState(
  parts: StateParts,
  { upgrade = false, ...roles }: StateRoles & { readonly upgrade?: boolean } = {},
): Promise<{ readonly place: string }> {
  return withDatabase(parts, async (database, { schema }) => {
    const schemas = schemasOf(schema);
    const found = await areMade(database, schemas);
    if (found) await (upgrade ? refuseNewer(database, schemas) : refuseEarlier(database, schemas));
    await database.query(tablesOf(schemas));
    await noteServer(database, schemas, parts.spec.name);
    const labels = parts.spec.rotations.flatMap(({ runsOn }) => runsOn ?? []);
    await prepareQueues(database, schemas, { spec: parts.spec.name, labels });
    const grants = grantsOf(schemas, roles);
    if (grants !== "") await database.query(grants);
    return { place: database.place };
  });
}

/** What an earlier rotate made is changed by nobody who did not ask for it: workers of that one may be at work. */
async function refuseEarlier(database: Database, schemas: Schemas): Promise<void> {
  await readMeta(database, schemas);
  await refuseOtherBoss(database, schemas);
}

/** What a spec begins here is this server's, wherever the tables came from. */
async function noteServer({ query }: Database, { own }: Schemas, spec: string): Promise<void> {
  await query(
    `insert into ${own}.meta (key, value) select $1, system_identifier::text from pg_control_system()
     where not exists (select from ${own}.rotation where spec = $2) on conflict (key) do nothing`,
    [systemOf(spec), spec],
  );
}

async function areMade(database: Database, { own, boss }: Schemas): Promise<boolean> {
  const tables = [`${own}.meta`, `${boss}.version`];
  const [found] = await database.query("select to_regclass($1) as own, to_regclass($2) as boss", tables);
  return found?.["own"] != null && found["boss"] != null;
}

/** Makes partitions for days to come, and drops history that is older than `keep` days. Throws EngineError `ROTATE_STATE_*`. */
export function tendState(parts: StateParts, keep: number): Promise<UpkeepReport> {
  return withDatabase(parts, async (database, { schema }) => {
    const schemas = schemasOf(schema);
    await readMeta(database, schemas);
    return upkeep(database, schemas.own, keep);
  });
}

/** The keys of the fingerprints that the state knows. `drop`: without those that nothing is written with any more. Throws EngineError `ROTATE_STATE_*`. */
export function stateKeys(parts: StateParts, { drop }: { readonly drop: boolean }): Promise<readonly KeyReport[]> {
  return withDatabase(parts, async (database, { schema }) => {
    const rows = { schemas: schemasOf(schema), spec: parts.spec.name };
    await readMeta(database, rows.schemas);
    return drop ? dropKeys(database, rows) : keysOf(database, rows);
  });
}

/** Says that the spec of this host counts from now on, for all hosts. */
export async function publishState(parts: StateParts): Promise<void> {
  const { spec, runtime } = parts;
  await withDatabase(parts, async (database, { schema }) => {
    const schemas = schemasOf(schema);
    await refuseCopy(database, await readMeta(database, schemas), spec.name);
    const moving = spec.rotations.filter((rotation) => pinnedBy(rotation).length === 0);
    const bundles = createBundles(moving);
    const queue = await openQueue(database, {
      schemas,
      spec: spec.name,
      random: runtime.random,
      beats: database,
      labels: [...new Set(bundles.keys().map(bundles.labelOf))],
      labelOf: bundles.labelOf,
    });
    try {
      await publishSpec(database, queue, {
        schemas,
        spec: spec.name,
        publication: {
          hash: specHash(moving),
          bundles,
          names: moving.map(({ name }) => name),
          by: `${hostname()} (process ${process.pid})`,
          anyway: true,
        },
      });
    } finally {
      await queue.close();
    }
  });
}

/**
 * Takes a state that came from another database server for this one's own. `moved`: the other is off for good. `copy`: it goes on, so what lives of it is never revoked
 * from here, and minted anew.
 */
export async function adoptState(parts: StateParts, how: "moved" | "copy"): Promise<void> {
  const { spec, runtime } = parts;
  const { url, key, schema } = stateOptionOf(spec, runtime);
  const backend = await openSharedBackend({
    url,
    schema,
    runtime,
    spec: spec.name,
    holder: "rotate state adopt",
    adopting: true,
    ring: createKeyRing(spec.name, readKeys((await key()).reveal())),
  });
  try {
    for (const name of await backend.store.names()) {
      const claim = await backend.claims.byName(name, { wait: 15_000 });
      if (claim === undefined) throw stillAtWork(name);
      const doubts = liveLeases(claim.state()).map(({ id }) => ({ type: "doubt", lease: id }) as const);
      await claim.settle({ records: how === "copy" ? [{ type: "disowned" }] : doubts });
    }
  } finally {
    await backend.close();
  }
  await withDatabase(parts, async ({ query }) => {
    await query(
      `insert into ${schemasOf(schema).own}.meta (key, value) select $1, system_identifier::text from pg_control_system()
       on conflict (key) do update set value = excluded.value`,
      [systemOf(spec.name)],
    );
  });
}

function stillAtWork(name: string): EngineError {
  return new EngineError(`another process is at work on ${name}`, {
    code: "ROTATE_LOCKED",
    exitCode: 5,
    hint: "stop every `rotate watch` that uses this database, and try again",
  });
}

async function withDatabase<T>(
  { spec, runtime }: StateParts,
  work: (database: Database, option: StateOption) => Promise<T>,
): Promise<T> {
  const option = stateOptionOf(spec, runtime);
  const database = await openDatabase({ url: option.url, name: "rotate state", most: 2 });
  try {
    return await work(database, option);
  } finally {
    await database.close();
  }
}
