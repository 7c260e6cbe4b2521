export * from "./tls/index.ts";
export * from "./doubles/databricks/index.ts";
export * from "./postgres/index.ts";
export { createFakeClock, type FakeClock, type FakeClockOptions } from "./clock.ts";
export * from "./context.ts";
export { withDefaults } from "./defaults.ts";
export * from "./doubles/lakebase/index.ts";
