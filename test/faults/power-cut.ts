/** What must hold of a disk after a power cut, whatever the issuer had done by then. */
import { existsSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parseEnv } from "node:util";
import type { VaultDouble } from "@rotate/doubles";

/** What the issuer had done when the power went. */
export interface Ledger {
  readonly issued: readonly Issued[];
}

interface Issued {
  /** `role-N`, as the rotation. */
  readonly role: string;
  readonly lease: string;
  readonly username: unknown;
  readonly password: unknown;
  readonly revoked: boolean;
}

/** Takes the ledger of this moment. */
export function ledgerOf({ issued, leases }: VaultDouble): Ledger {
  const live = new Set(leases().map(({ id }) => id));
  return {
    issued: issued.map(({ path, leaseId, data }) => ({
      role: path.replace(/.*\//, ""),
      lease: leaseId,
      username: data["username"],
      password: data["password"],
      revoked: !live.has(leaseId),
    })),
  };
}

/** Every promise that the disk under `path` breaks, in words. */
export function brokenPromises(path: string, { issued }: Ledger): readonly string[] {
  const journal = readJournal(`${path}/state/durable/state.db`);
  const roles = [...new Set(issued.map(({ role }) => role))];
  return roles.flatMap((role) => {
    const records = journal.filter(({ rotation }) => rotation === role);
    const ofRole = issued.filter((each) => each.role === role);
    return [
      ...unlisted(role, records, ofRole),
      ...revokedUnannounced(records, ofRole),
      ...unexplained(`${path}/${role}.env`, records, ofRole),
    ];
  });
}

interface Entry {
  readonly rotation: string;
  readonly type: string;
  /** By rotate's own id. */
  readonly lease: string;
  /** The issuer's id, when the record says it. */
  readonly upstream: string | undefined;
}

function readJournal(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path);
  try {
    return database.prepare("select rotation, record from journal order by rotation, seq").all().map(entryOf);
  } finally {
    database.close();
  }
}

function entryOf({ rotation, record }: Record<string, unknown>): Entry {
  const { type, lease, terms } = JSON.parse(String(record));
  return { rotation: String(rotation), type, lease: lease?.id ?? lease, upstream: terms?.handle?.leaseId };
}

function unlisted(role: string, records: readonly Entry[], issued: readonly Issued[]): readonly string[] {
  const intents = records.filter(({ type }) => type === "intent").length;
  return intents < issued.length ? [`${role}: ${issued.length} leases were made and ${intents} are known`] : [];
}

function revokedUnannounced(records: readonly Entry[], issued: readonly Issued[]): readonly string[] {
  const revoking = new Set(records.filter(({ type }) => type === "revoking").map(({ lease }) => lease));
  return issued
    .filter(({ revoked, lease }) => revoked && !revoking.has(ownIdOf(lease, records) ?? ""))
    .map(({ lease }) => `${lease} was revoked and the state does not know it`);
}

function unexplained(file: string, records: readonly Entry[], issued: readonly Issued[]): readonly string[] {
  if (!existsSync(file)) return [];
  const { USERNAME, PASSWORD } = parseEnv(readFileSync(file, "utf8"));
  const held = issued.find(({ username, password }) => username === USERNAME && password === PASSWORD);
  if (held === undefined) return [`${file} holds no credential as it was made`];
  return [
    ...(held.revoked ? [`${file} holds ${held.lease}, which was revoked`] : []),
    ...(ownIdOf(held.lease, records) === undefined
      ? [`${file} holds ${held.lease}, which the state does not know`]
      : []),
  ];
}

function ownIdOf(upstream: string, records: readonly Entry[]): string | undefined {
  return records.find((record) => record.upstream === upstream)?.lease;
}
