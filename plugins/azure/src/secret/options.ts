import type { Infer, LoggedIn, Login, ObjectSchema, Secret } from "@rotate/plugin-kit";
import { caseless, documentFormat } from "@rotate/plugin-kit/stores";
import { options as entraOptions } from "../options.ts";

const { tenantId, authority, auth } = entraOptions.properties;

/** Options of `azure-key-vault`. */
export const options = {
  type: "object",
  properties: {
    vault: {
      type: "string",
      format: "uri",
      description: "Its address",
      examples: ["https://acme-prod.vault.azure.net"],
    },
    name: {
      type: "string",
      pattern: "^[0-9A-Za-z-]{1,127}$",
      description: "Of the secret: letters, digits, `-`",
      examples: ["app-database"],
    },
    format: { ...documentFormat, default: "value" },
    create: { type: "boolean", default: false, description: "Make the secret when it is not there" },
    scope: {
      type: "string",
      pattern: "^\\S+/\\.default$",
      description: "What the login is for. Default: by the vault's domain, as https://vault.azure.net/.default",
    },
    tenantId,
    authority,
    auth,
  },
  required: ["vault", "name", "auth"],
} as const satisfies ObjectSchema;

/** Options of `azure-key-vault`, validated. */
export type SecretOptions = Infer<typeof options>;

/** An access token for vaults. */
export interface SecretLogin extends Login {
  readonly token: Secret;
}

/** The context of its calls. */
export type SecretContext = LoggedIn<SecretOptions, SecretLogin>;

/** Which secret is meant, for messages and as the sink's target. Neither hosts nor names are told apart by their case. */
export function secretName({ vault, name }: Pick<SecretOptions, "vault" | "name">): string {
  const host = URL.canParse(vault) ? new URL(vault).host : vault;
  return `secret ${caseless(name)} of ${host}`;
}

/** What a token for the vault is asked for: each cloud has a domain of its own for vaults (learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates). */
export function scopeFor({ vault, scope }: Pick<SecretOptions, "vault" | "scope">): string {
  return scope ?? `https://${new URL(vault).hostname.split(".").slice(1).join(".")}/.default`;
}
