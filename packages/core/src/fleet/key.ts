/** The keys of the fingerprints: the same on every host, and never in the database. What the database knows of each is a check value. */
import { createHmac } from "node:crypto";
import { EngineError } from "../engine-error.ts";
import { fingerprintOver, type Fingerprint, type NamedKey } from "../store/fingerprint.ts";
import type { Sql } from "./database.ts";
import type { Rows } from "./rows.ts";

const length = 32;
/** Of a check value, that stand behind each fingerprint. */
const nameDigits = 6;

/** The keys of `state.key`, one a line in base64, as `rotate state key` prints them: the newest first. Throws EngineError `ROTATE_STATE_KEY`. */
export function readKeys(text: string): readonly Buffer[] {
  const keys = text.split(/\s+/).filter(Boolean);
  const read = keys.map((line) => Buffer.from(line, "base64"));
  if (read.length > 0 && read.every((key) => key.length === length)) return read;
  throw new EngineError("`state.key` is not a key of 32 bytes, or several, one a line", {
    code: "ROTATE_STATE_KEY",
    exitCode: 6,
    hint: "make one with `rotate state key`, once, and give the same to every host",
  });
}

/** The keys of one spec as a host has them. */
export interface KeyRing {
  readonly fingerprint: Fingerprint;
  /** The check value of each, in the order of the host. */
  readonly checks: readonly string[];
  /** The key of this check value is written with from now on. */
  readonly write: (check: string) => void;
  /** What a state of this machine alone was written with is known as well. */
  readonly with: (own: readonly NamedKey[]) => Fingerprint;
  /** All of them, as they are told from each other. */
  readonly keys: readonly NamedKey[];
}

/** A ring of these keys, the first written with until the state says otherwise. @param keys at least one */
export function createKeyRing(spec: string, keys: readonly Buffer[]): KeyRing {
  const named = keys.map((key): NamedKey & { readonly check: string } => {
    const check = checkOf(spec, key);
    return { key, check, name: nameOfKey(check) };
  });
  let ring: readonly NamedKey[] = named;
  const fingerprint = fingerprintOver(() => ring);
  return {
    fingerprint,
    checks: named.map(({ check }) => check),
    write(check) {
      ring = [
        ...ring.filter(({ name }) => check.startsWith(name)),
        ...ring.filter(({ name }) => !check.startsWith(name)),
      ];
    },
    with(own) {
      ring = [...ring, ...own.filter(({ name }) => !ring.some((each) => each.name === name))];
      return fingerprint;
    },
    keys: named,
  };
}

/** What tells a key from others, and nothing of it. 16 hex digits */
export function checkOf(spec: string, key: Buffer): string {
  return createHmac("sha256", key).update(`check of the key of ${spec}`).digest("hex").slice(0, 16);
}

/** How what was written with a key of this check value is told in the state. */
export function nameOfKey(check: string): string {
  return check.slice(0, nameDigits);
}

/** A key that a state was written with. */
export interface KnownKey {
  readonly check: string;
  readonly since: Date;
}

/** The keys that a state was written with, the one that is written with now first. */
export async function knownKeys({ query }: Sql, { schemas: { own }, spec }: Rows): Promise<readonly KnownKey[]> {
  const rows = await query(`select check_value, since from ${own}.key where spec = $1 order by nth desc`, [spec]);
  return rows.map((row) => ({ check: String(row["check_value"]), since: row["since"] as Date }));
}

/**
 * Whoever lacks a key that the state was written with is refused: each sink would look to it as if somebody had changed it. A key that nobody wrote with yet and that stands
 * first is written with from now on, by all. Throws EngineError `ROTATE_STATE_KEY`.
 */
export async function checkKeys(
  sql: Sql,
  rows: Rows,
  { ring, reading }: { readonly ring: KeyRing; readonly reading: boolean },
): Promise<void> {
  const known = (await knownKeys(sql, rows)).map(({ check }) => check);
  const [first = ""] = ring.checks;
  if (known.some((check) => !ring.checks.includes(check))) throw lackingKey(known, ring);
  if (known.includes(first) || reading) return ring.write(known[0] ?? first);
  // Of two hosts that bring a new key at once the second sees that of the first at its next start, and is refused without it.
  await sql.query(
    `insert into ${rows.schemas.own}.key (spec, nth, check_value) select $1, coalesce(max(nth), 0) + 1, $2 from ${rows.schemas.own}.key where spec = $1
     on conflict do nothing`,
    [rows.spec, first],
  );
  const [now = { check: first }] = await knownKeys(sql, rows);
  if (!ring.checks.includes(now.check)) throw lackingKey([now.check], ring);
  ring.write(now.check);
}

/** These were written with, before the one that is written with now. */
export async function noteEarlierKeys(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  checks: readonly string[],
): Promise<void> {
  for (const check of checks)
    await query(
      `insert into ${own}.key (spec, nth, check_value) select $1, coalesce(min(nth), 1) - 1, $2 from ${own}.key where spec = $1
       having not exists (select from ${own}.key where spec = $1 and check_value = $2)`,
      [spec, check],
    );
}

function lackingKey([current = ""]: readonly string[], { checks }: KeyRing): EngineError {
  const isOlder = checks.includes(current);
  return new EngineError(
    isOlder
      ? "`state.key` lacks a key that this state was written with before"
      : "`state.key` is another key than the one that this state is written with",
    {
      code: "ROTATE_STATE_KEY",
      exitCode: 6,
      hint: isOlder
        ? "keep it below the new one, a line each, until `rotate state key --drop` has said that nothing is written with it any more"
        : "give this host the key that the others have",
    },
  );
}
