import { byOutage, bySilence, meanings, type Refusals } from "@rotate/plugin-kit";

const { denied, invalid, limited, missing, raced, wait } = meanings;

const outage = {
  down: "Key Vault has a passing fault: see status.azure.com, if it lasts",
  limited: "the vault limits calls: fewer rotations at one moment, or a vault of its own",
} as const;

/** What Key Vault refuses, as `CODE INNER: message` (learn.microsoft.com/azure/key-vault/general/rest-error-codes, common-error-codes). */
export const secretRefusals: Refusals = [
  { ...limited, said: /\bThrottled\b/, hint: outage.limited },
  ...byOutage(outage),
  {
    ...denied,
    said: /\bAKV10032\b/,
    hint: "the token is of another tenant than the vault's: check tenantId",
  },
  {
    ...denied,
    status: 401,
    hint: "the token is not taken: is it for this cloud's vaults? a sovereign cloud has a domain, a scope and an authority of its own",
  },
  {
    ...denied,
    said: /\bForbiddenByFirewall\b/,
    hint: "the vault's firewall does not let this machine's address in: add it to the vault's network rules, or use a private endpoint",
  },
  { ...invalid, said: /\bSecretDisabled\b/, hint: "somebody disabled the secret: enable it, or name another" },
  {
    ...denied,
    said: /\bForbiddenByRbac\b/,
    hint: "grant the role Key Vault Secrets Officer on the secret, or a custom one with get and set; a new grant takes some minutes",
  },
  {
    ...denied,
    said: /\b(AccessDenied|ForbiddenByPolicy)\b/,
    hint: "the vault's access policy lacks it: give this identity get and set of secrets",
  },
  {
    ...denied,
    status: 403,
    hint: "give this identity get and set of secrets: by role, or by access policy where the vault uses those",
  },
  { ...missing, status: 404, hint: "check vault and name" },
  {
    ...invalid,
    said: /\bObjectIsDeletedButRecoverable\b/,
    hint: "the secret was deleted, and its name is kept: recover it (az keyvault secret recover), or purge it",
  },
  {
    ...wait,
    said: /\bObjectIsBeing(Deleted|Recovered|Purged)\b/,
    hint: "the secret is just being deleted or recovered: it takes some minutes",
  },
  { ...raced, status: 409, hint: "somebody else changes the secret at the same moment" },
  { ...invalid, status: [400, 499], hint: "check name, and that the value is no larger than 25 KB" },
  ...bySilence("is the address a vault's, and no proxy or login page between?").slice(-1),
];
