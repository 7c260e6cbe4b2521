export { createVaultDouble } from "./double.ts";
export type {
  AppRole,
  AuthMethod as VaultAuthMethod,
  DatabaseRole as VaultDatabaseRole,
  DatabaseUser as VaultDatabaseUser,
  Engine as VaultEngine,
  NodeState as VaultNodeState,
  StaticRole as VaultStaticRole,
  TokenSettings as VaultTokenSettings,
  VaultDouble,
  VaultDoubleOptions,
  VaultIssue,
} from "./types.ts";
