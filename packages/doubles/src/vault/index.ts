export { createVaultDouble } from "./double.ts";
export type { TokenSettings as VaultTokenSettings } from "./token-types.ts";
export type {
  AppRole,
  AuthMethod as VaultAuthMethod,
  DatabaseRole as VaultDatabaseRole,
  DatabaseUser as VaultDatabaseUser,
  Engine as VaultEngine,
  DatabaseState as VaultDatabaseState,
  NodeState as VaultNodeState,
  StaticRole as VaultStaticRole,
  VaultDouble,
  VaultDoubleOptions,
  VaultIssue,
} from "./types.ts";
export { podToken } from "./pod-token.ts";
