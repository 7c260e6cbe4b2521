export { postgresUnavailable, startPostgres, type Postgres, type PostgresOptions, type RoleOptions } from "./start.ts";
export { pgbouncerProgram, startPgbouncer, type Pgbouncer, type PgbouncerOptions } from "./pgbouncer.ts";
