export {
  postgresUnavailable,
  startPostgres,
  startPostgresPair,
  type Postgres,
  type PostgresOptions,
  type RoleOptions,
} from "./start.ts";
export {
  pgbouncerProgram,
  startLookingUp,
  startPgbouncer,
  type LookingUpOptions,
  type Pgbouncer,
  type PgbouncerOptions,
} from "./pgbouncer.ts";
