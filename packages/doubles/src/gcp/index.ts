export { gcpFaults } from "./answers.ts";
export { createGcpDouble } from "./double.ts";
export type { AccessTokenRecord, GcpDouble, GcpDoubleOptions, Person, PoolProvider } from "./types.ts";
export type { GcpSecret, GcpSecretVersion } from "./secret-store.ts";
