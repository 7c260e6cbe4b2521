import { mysqlProgram, postgresUnavailable, redisProgram, type TlsTrials } from "@rotate/doubles";
import type { Database } from "./database.ts";
import { mysql } from "./mysql.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";

/** One that an application can be run on. */
export interface DatabaseKind {
  readonly name: string;
  /** Why it cannot be started here; undefined when it can. */
  readonly unavailable: () => string | undefined;
  readonly start: (trials: TlsTrials) => Promise<Database>;
}

function mysqlUnavailable(flavour: "mysql" | "mariadb"): string | undefined {
  return mysqlProgram(flavour) === undefined ? `${flavour} is missing` : undefined;
}

/** Each of them. */
export const databaseKinds: readonly DatabaseKind[] = [
  { name: "PostgreSQL ring", unavailable: postgresUnavailable, start: (trials) => postgres("ring", trials) },
  { name: "PostgreSQL dynamic", unavailable: postgresUnavailable, start: (trials) => postgres("dynamic", trials) },
  { name: "MySQL retain", unavailable: () => mysqlUnavailable("mysql"), start: (trials) => mysql("retain", trials) },
  { name: "MySQL dynamic", unavailable: () => mysqlUnavailable("mysql"), start: (trials) => mysql("dynamic", trials) },
  { name: "MariaDB", unavailable: () => mysqlUnavailable("mariadb"), start: (trials) => mysql("mariadb", trials) },
  {
    name: "Redis",
    unavailable: () => (redisProgram() === undefined ? "redis-server is missing" : undefined),
    start: redis,
  },
];
