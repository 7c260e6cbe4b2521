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
