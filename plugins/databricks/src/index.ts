import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { databricksPostgres } from "./databricks-postgres.ts";

const plugin: Plugin = definePlugin({ providers: [databricksPostgres] });
export default plugin;
