export { azureFaults } from "./answers.ts";
export { createAzureDouble } from "./double.ts";
export type {
  AzureDouble,
  AzureDoubleOptions,
  EntraApp,
  EntraToken,
  FederatedCredential,
  ManagedIdentity,
} from "./types.ts";
export { vaultError as keyVaultError } from "./vault-routes.ts";
export type { VaultSecret, VaultVersion } from "./vault-store.ts";
