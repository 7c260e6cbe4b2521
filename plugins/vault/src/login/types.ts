import type { Login, ProviderContext, Secret } from "@rotate/plugin-kit";
import type { Options } from "../options.ts";
import type { SecretId } from "./secret-id.ts";

/** The token that all calls of a provider entry share. */
export interface VaultLogin extends Login {
  readonly token: Secret;
  /** Tells one token from another without showing it; empty for a batch token, whose leases cannot be renewed. */
  readonly identity: string;
  readonly renewable: boolean;
  /** The life it was first given, ms; 0: no end. */
  readonly life: number;
  /** The secret id of a spent wrapping token. */
  readonly secretId?: SecretId | undefined;
}

/** The context of a call after the login. */
export type LoggedInContext = ProviderContext<Options, VaultLogin>;
