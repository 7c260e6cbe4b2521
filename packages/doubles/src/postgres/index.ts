export { postgresUnavailable, startPostgres, type Postgres, type PostgresOptions, type RoleOptions } from "./start.ts";
