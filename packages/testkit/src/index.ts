export * from "./tls/index.ts";
export * from "./doubles/databricks/index.ts";
export * from "./postgres/index.ts";
