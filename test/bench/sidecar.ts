import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram, pgbouncerProgram, postgresUnavailable, startPgbouncer, type Pgbouncer } from "@rotate/doubles";
import pg from "pg";
import { startSidecarStage, type SidecarStage } from "../e2e/support/sidecar-stage.ts";
import { command, compare, type Timing } from "./measure.ts";

/** The sidecar against a direct TLS connection. */
export interface SidecarCost {
  readonly comparisons: readonly { readonly title: string; readonly timings: readonly Timing[] }[];
  /** MB of resident memory while a reader stalls. */
  readonly growth: number;
}

const mega = 1024 * 1024;
const rows = "copy (select repeat('x', 1000) from generate_series(1, 200000)) to stdout";
const works = [
  { title: "pgbench -S, 5,000 queries over 1 connection", argv: ["-n", "-S", "-c", "1", "-t", "5000"] },
  { title: "pgbench -S, 20,000 queries over 50 connections", argv: ["-n", "-S", "-c", "50", "-t", "400"] },
  { title: "pgbench -S -M prepared, the same", argv: ["-n", "-S", "-M", "prepared", "-c", "50", "-t", "400"] },
] as const;

/** Both ways in turn, on loopback: the worst case. A sentence when it cannot be measured here. @param base an empty folder */
export async function compareSidecar(base: string, rounds: number): Promise<SidecarCost | string> {
  const [pgbench, psql] = [findProgram("pgbench"), findProgram("psql")];
  const lacking = postgresUnavailable();
  if (lacking !== undefined) return lacking;
  if (pgbench === undefined || psql === undefined) return "pgbench and psql are missing";
  const stage = await startSidecarStage(base);
  const { port, superuser: user, password } = stage.postgres;
  const ca = readFileSync(stage.ca, "utf8");
  const pooler =
    pgbouncerProgram() === undefined
      ? undefined
      : await startPgbouncer({ host: "localhost", port, user, password, ca });
  try {
    return await compareOn(stage, { pgbench, psql, base, rounds, pooler });
  } finally {
    await pooler?.close();
    await stage.close();
  }
}

interface Tools {
  readonly pgbench: string;
  readonly psql: string;
  readonly base: string;
  readonly rounds: number;
  /** Absent: it is not installed here. */
  readonly pooler: Pgbouncer | undefined;
}

async function compareOn(stage: SidecarStage, { pgbench, psql, base, rounds, pooler }: Tools): Promise<SidecarCost> {
  const { host, user } = stage.address;
  const { port, superuser, password } = stage.postgres;
  const env = { PATH: process.env["PATH"], PGPASSWORD: password, LC_ALL: "C" };
  const run = (argv: readonly [string, ...string[]]): (() => Promise<void>) => command(argv, { cwd: base, env });
  const direct = `host=localhost port=${port} user=${superuser} dbname=postgres sslmode=verify-full sslrootcert=${stage.ca}`;
  const through = `host=${host} user=${user} dbname=postgres sslmode=disable`;
  const pooled =
    pooler && `host=${pooler.socketDirectory} port=${pooler.port} user=${superuser} dbname=postgres sslmode=disable`;
  await run([pgbench, "-i", "-q", "-s", "1", direct])();
  await run([psql, "-qc", "grant select on all tables in schema public to public", direct])();
  type ArgvOf = (address: string) => readonly [string, ...string[]];
  const both = (argvOf: ArgvOf, { poolable = true } = {}) =>
    compare(
      [
        { name: "a direct connection, TLS", once: run(argvOf(direct)) },
        { name: "through the sidecar", once: run(argvOf(through)) },
        ...(pooled === undefined || !poolable
          ? []
          : [{ name: "through pgbouncer, session mode", once: run(argvOf(pooled)) }]),
      ],
      rounds,
    );
  const comparisons = [];
  // A pooler hands a session on with its prepared statements: pgbench then fails.
  for (const { title, argv } of works)
    comparisons.push({
      title,
      timings: await both((address) => [pgbench, ...argv, address], { poolable: !title.includes("prepared") }),
    });
  const out = await both((address) => [psql, "-qAt", "-o", "/dev/null", "-c", rows, address]);
  comparisons.push({ title: "COPY of 200 MB to standard output", timings: out });
  const file = join(base, "rows.txt");
  await run([psql, "-qAt", "-o", file, "-c", rows, direct])();
  await run([psql, "-qc", "create table sink (line text); grant all on sink to public", direct])();
  const taken = await both((address) => [psql, "-qc", `\\copy sink from '${file}'`, "-c", "truncate sink", address]);
  comparisons.push({ title: "COPY of 200 MB from a file", timings: taken });
  return { comparisons, growth: await stalled(stage) };
}

/** What a reader that does not read costs. Linux only; NaN elsewhere. */
async function stalled({ address, pid }: SidecarStage): Promise<number> {
  const client = new pg.Client(address);
  client.on("error", () => undefined);
  await client.connect();
  const before = residentOf(pid);
  const answer = client.query("select repeat('x', 1000000) from generate_series(1, 1000)").catch(() => undefined);
  await sleep(200);
  client.connection.stream.pause();
  await sleep(3_000);
  const growth = residentOf(pid) - before;
  client.connection.stream.destroy();
  await answer;
  return growth;
}

function residentOf(pid: number | undefined): number {
  if (process.platform !== "linux" || pid === undefined) return Number.NaN;
  const [, pages = ""] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return (Number(pages) * 4096) / mega;
}
