import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { databricksPostgres } from "./databricks-postgres.ts";

/** Databricks Lakebase: database credentials, for whom a workspace knows by any of its logins. */
const plugin: Plugin = definePlugin({ providers: [databricksPostgres] });
export default plugin;
