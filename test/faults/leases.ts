/** An issuer that keeps its leases, for what has to be durable: Vault's database engine, one role per rotation. */
import { createVaultDouble, type VaultDouble } from "@rotate/doubles";
import { onTestFinished } from "vitest";

const hour = 3_600_000;
/** What rotate logs in with. */
export const token = "token-of-the-faults";

/** Its roles are `role-0`, `role-1` and so on. */
export async function startIssuer(roles: number): Promise<VaultDouble> {
  const names = Array.from({ length: roles }, (_, index) => `role-${index}`);
  const reads = names.map((name) => [`database/creds/${name}`, ["read"]] as const);
  const vault = await createVaultDouble({
    tokens: [{ id: token, policies: ["app"] }],
    policies: { app: { ...Object.fromEntries(reads), "sys/leases/revoke": ["update"] } },
    engines: {
      database: {
        type: "database",
        roles: Object.fromEntries(names.map((name) => [name, { ttl: hour, maxTtl: 2 * hour }])),
      },
    },
  });
  onTestFinished(vault.close);
  return vault;
}

/** A rotation per role into `role-N.env` in `folder`; each lease is revoked as soon as its successor is settled. */
export function specFor({ url }: Pick<VaultDouble, "url">, folder: string, roles: number): string {
  const rotations = Array.from({ length: roles }, (_, index) => {
    const name = `role-${index}`;
    return `  ${name}:
    provider: vault
    request: { path: database/creds/${name}, fields: { username: username, password: password } }
    sinks:
      - { type: dotenv, path: ${folder}/${name}.env, values: { USERNAME: "{{ username }}", PASSWORD: "{{ password }}" } }
    overlap: { revoke: always, grace: 0s }
    budget: { perMinute: 1000, perHour: 1000 }
    maxLive: 100
`;
  });
  return `version: 1
name: durable
providers:
  vault: { type: vault, address: "${url}", auth: { method: token, token: { env: VAULT_TOKEN } } }
rotations:
${rotations.join("")}`;
}
