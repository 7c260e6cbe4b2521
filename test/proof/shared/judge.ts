/** Looks at a fleet from outside: what its consumers hold, and at the end what its issuer knows that it does not. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lives } from "./lives.ts";
import { refreshAt, type Fleet } from "./world.ts";

/** What is promised, and was not kept: each with the moment and the place. */
export interface Verdict {
  readonly looks: number;
  /** Held, and revoked before its end. */
  readonly revoked: readonly string[];
  /** Held beyond its end, though a worker lived for long enough since its time had come. */
  readonly expired: readonly string[];
  /** Held beyond its end, and no worker had lived for long enough: nobody was there. */
  readonly unattended: readonly string[];
}

export interface Judge {
  /** What was seen so far. */
  readonly told: () => string;
  readonly stop: () => Promise<Verdict>;
}

const lookEvery = 250;
/** Its start, ten seconds without a sign of life of who died, seven in which the database answered, and an attempt. ms */
const enough = 30_000;

/** Looks at every place four times a second: what stands there must live at the issuer. @param life of a lease, seconds */
export function startJudge({ vault, held }: Fleet, lives: Pick<Lives, "hadTime">, life: number): Judge {
  const revoked = new Map<string, string>();
  const expired = new Map<string, string>();
  const unattended = new Map<string, string>();
  let looks = 0;

  function look(): void {
    // What is read first was alive, if it was, no longer than it takes to ask.
    const holding = held();
    const alive = new Set(vault.databaseUsers());
    for (const { place, user } of holding) {
      looks += 1;
      if (alive.has(user)) continue;
      const issue = vault.issued.find(({ data }) => data["username"] === user);
      const isOver = issue !== undefined && Date.now() >= issue.at + life * 1_000;
      const told = isOver ? (wasAttended(issue.at) ? expired : unattended) : revoked;
      const where = `${place} ${user}`;
      if (!told.has(where))
        told.set(
          where,
          `${new Date().toISOString()} ${place} holds ${user}, which ${isOver ? "has expired" : "was revoked"}`,
        );
    }
  }

  function wasAttended(at: number): boolean {
    return lives.hadTime(at + life * refreshAt * 1_000, at + life * 1_000, enough);
  }

  const timer = setInterval(look, lookEvery);
  return {
    told: () => `${revoked.size} revoked, ${expired.size} expired, ${unattended.size} that nobody was there for`,
    async stop() {
      clearInterval(timer);
      look();
      return {
        looks,
        revoked: [...revoked.values()],
        expired: [...expired.values()],
        unattended: [...unattended.values()],
      };
    },
  };
}

interface Row {
  readonly name: string;
  readonly state: {
    readonly leases: Readonly<Record<string, { readonly handle?: unknown; readonly phase: string }>>;
  };
}

interface Attempt {
  readonly rotation: string;
  readonly report: {
    readonly outcome: string;
    readonly startedAt: string;
    readonly durationMs: number;
    readonly why: string;
    readonly phases: readonly { readonly phase: string; readonly result: string }[];
  };
}

/** What the state knows of the leases that live: each must be listed, or asked for as one whose answer was lost. */
export interface Audit {
  readonly mints: number;
  readonly rotated: number;
  /** Two attempts that went well closer to each other than any schedule puts them, for no other reason. */
  readonly double: readonly string[];
  /** Live at the issuer, and unknown to the state. */
  readonly lost: readonly string[];
  readonly unfinished: readonly string[];
  /** Values of credentials that stand in the database. */
  readonly leaked: number;
}

/** Which rotations have work that is begun, or owed. */
export async function unfinishedIn(sql: Fleet["sql"]): Promise<readonly string[]> {
  const { rows } = await sql.query<{ name: string }>(
    "select name from rotate.rotation where state->'attempt' is not null or state->'owed' is not null order by name",
  );
  return rows.map(({ name }) => name);
}

/** To be asked when no worker runs. @param life of a lease, seconds */
export async function audit({ sql, vault, postgres }: Fleet, life: number): Promise<Audit> {
  const { rows } = await sql.query<Row>("select name, state from rotate.rotation where state is not null");
  const attempts = await sql.query<Attempt>(
    "select rotation, report from rotate.attempt order by rotation, started_at",
  );
  const known = JSON.stringify(rows);
  const ghosts = rows.reduce(
    (sum, { state }) => sum + Object.values(state.leases).filter(({ phase }) => phase === "ghost").length,
    0,
  );
  await vault.sweep();
  const unknown = vault.leases().filter(({ id }) => !known.includes(id));
  return {
    mints: vault.issued.length,
    rotated: attempts.rows.filter(({ report }) => report.outcome === "rotated").length,
    double: doublesIn(attempts.rows, life).flatMap((rotation) => historyOf(rotation, attempts.rows)),
    // A mint whose answer came to nobody is a ghost of the state: known to have happened, not by its name.
    lost: unknown.slice(0, Math.max(0, unknown.length - ghosts)).map(({ id }) => id),
    unfinished: await unfinishedIn(sql),
    leaked: await leaksIn({ sql, vault, postgres }),
  };
}

function doublesIn(attempts: readonly Attempt[], life: number): readonly string[] {
  const scheduled = attempts.filter(
    ({ report }) =>
      report.outcome === "rotated" && report.why === "its refresh time has come" && report.phases.some(isMint),
  );
  return scheduled.flatMap(({ rotation, report }, at) => {
    const before = scheduled[at - 1];
    if (before?.rotation !== rotation) return [];
    const apart = Date.parse(report.startedAt) - Date.parse(before.report.startedAt);
    return apart < life * 1_000 * refreshAt * 0.6 ? [rotation] : [];
  });
}

/** An attempt that only finished what another had begun has none. */
function isMint({ phase, result }: Attempt["report"]["phases"][number]): boolean {
  return phase === "mint" && result === "succeeded";
}

function historyOf(rotation: string, attempts: readonly Attempt[]): readonly string[] {
  const own = attempts.filter((attempt) => attempt.rotation === rotation);
  return own.map(
    ({ report: { startedAt, durationMs, outcome, why } }) =>
      `${rotation} ${startedAt} ${durationMs} ms ${outcome}: ${why}`,
  );
}

/** How many values stand in a dump of all tables as text, or anywhere in the server's files, its log of writes included. */
async function leaksIn({ sql, vault, postgres }: Pick<Fleet, "sql" | "vault" | "postgres">): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "rotate-dump-"));
  try {
    await dump(sql, join(folder, "dump"));
    writeFileSync(join(folder, "secrets"), vault.issued.map(({ data }) => `${String(data["password"])}\n`).join(""));
    await sql.query("checkpoint");
    const places = [join(folder, "dump"), join(postgres.socketDirectory, "data")];
    const { status, stdout, stderr } = spawnSync("grep", ["-raoFhf", join(folder, "secrets"), ...places], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      maxBuffer: 2 ** 28,
    });
    if (status !== 0 && status !== 1) throw new Error(`grep: ${stderr}`);
    return new Set(stdout.split("\n").filter(Boolean)).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every row of every table that is not the server's own. */
async function dump(sql: Fleet["sql"], file: string): Promise<void> {
  const tables = await sql.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  for (const { name } of tables.rows) {
    const { rows } = await sql.query<{ text: string }>(`select t::text as text from ${name} t`);
    appendFileSync(file, rows.map(({ text }) => `${text}\n`).join(""));
  }
}
