import { join } from "node:path";
import type { FoundLogin, Machine } from "@rotate/plugin-kit";

/** What this machine could log in to Vault or OpenBao with: the variables and the token file of their command line. The role of a pod is asked for. */
export async function loginsOf({ env, home, read }: Machine): Promise<readonly FoundLogin[]> {
  const [name] = ["VAULT_ADDR", "BAO_ADDR"].filter((variable) => env[variable]);
  const address = name === undefined ? {} : { address: { env: name } };
  const tokens = ["VAULT_TOKEN", "BAO_TOKEN"].filter((variable) => env[variable]);
  const isKept = (await read(join(home, ".vault-token"))) !== undefined;
  return [
    ...tokens.map((variable) => ({
      label: `the token in ${variable}`,
      options: { ...address, auth: { method: "token", token: { env: variable } } },
    })),
    ...(isKept
      ? [
          {
            label: "the token that `vault login` left in ~/.vault-token",
            options: { ...address, auth: { method: "token-file" } },
          },
        ]
      : []),
  ];
}
