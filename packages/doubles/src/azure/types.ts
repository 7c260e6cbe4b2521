import type { JWK } from "jose";
import type { DoubleFaults, DoubleRequest, DoubleTls } from "../http-double.ts";
import type { VaultSecret, VaultStore } from "./vault-store.ts";

/** What a Microsoft Entra double is made of. Everything has a default; instants and lives are in milliseconds. */
export interface AzureDoubleOptions {
  /** Wall clock, milliseconds since 1970. Tokens are issued, expire and are refused by it. */
  readonly now?: () => number;
  /** Given, it speaks https: Microsoft's own libraries speak nothing else. */
  readonly tls?: DoubleTls;
  /** The one tenant. Default `11111111-1111-4111-8111-111111111111`. */
  readonly tenantId?: string;
  readonly apps?: readonly EntraApp[];
  /** Services that have a principal in the tenant, by their URI. Default: PostgreSQL's and SQL's. */
  readonly resources?: readonly string[];
  /** The identities of the machine and of the app that the double also is. */
  readonly identities?: readonly ManagedIdentity[];
  /** Life of an application's token. The service's is random, 60 to 90 minutes; default 3,899,000. */
  readonly tokenLife?: number;
}

/** An app registration with a principal in the tenant. */
export interface EntraApp {
  readonly clientId: string;
  /** Its secrets, and the end of each in milliseconds since 1970 (undefined: never). */
  readonly secrets?: Readonly<Record<string, number | undefined>>;
  /** Its certificates, PEM. */
  readonly certificates?: readonly string[];
  readonly federated?: readonly FederatedCredential[];
  readonly disabled?: boolean;
}

/** Trust in another issuer; each part must be exactly the token's. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  /** Default `api://AzureADTokenExchange`. */
  readonly audience?: string;
  /** The issuer's public key. */
  readonly key: JWK;
}

/** A managed identity; the first is the system's own. */
export interface ManagedIdentity {
  readonly clientId: string;
  readonly objectId: string;
  readonly resourceId?: string;
}

/** A token that the double issued. */
export interface EntraToken {
  readonly appid: string;
  /** The URI of the service that it is for. */
  readonly aud: string;
  readonly tid: string;
  /** Seconds since 1970. */
  readonly exp: number;
}

/** One Entra tenant, and the machines in it. */
export interface AzureDouble {
  /** `http://127.0.0.1:PORT` (or https): authority, instance metadata service and App Service endpoint in one. */
  readonly url: string;
  readonly tenantId: string;
  /** What a machine's workload needs in its environment to reach this double. */
  readonly machineEnv: { readonly AZURE_POD_IDENTITY_AUTHORITY_HOST: string };
  /** What an App Service gives its app. */
  readonly appServiceEnv: { readonly IDENTITY_ENDPOINT: string; readonly IDENTITY_HEADER: string };
  /** Checks signature and expiry of a token. Rejects with a `jose` error when it is none, or over. */
  readonly verify: (token: string) => Promise<EntraToken>;
  readonly requests: readonly DoubleRequest[];
  readonly faults: DoubleFaults;
  /** A secret of the vault that the double also is. */
  readonly vaultSecret: (name: string) => VaultSecret | undefined;
  /** Somebody else changes it: deletes it, gives it to a certificate. */
  readonly setVaultSecret: (name: string, change: Partial<VaultSecret>) => void;
  /** Somebody else writes it. */
  readonly addVaultVersion: VaultStore["add"];
  /** Nobody may do it any more, or everybody again. */
  readonly setVaultRight: (right: "get" | "set" | "list", granted: boolean) => void;
  /** From now on the app is disabled; its tokens go on working. */
  readonly disable: (clientId: string) => void;
  readonly close: () => Promise<void>;
}
