/** What surrounds the applications: a workspace that mints, a gateway that checks, a PostgreSQL that answers. */
import { spawnSync } from "node:child_process";
import {
  createDatabricksDouble,
  createLakebaseGateway,
  postgresUnavailable,
  startPostgres,
  type DatabricksDouble,
  type LakebaseGateway,
} from "@rotate/doubles";

/** Who logs in, and with what it mints. */
export interface Identity {
  /** The application's, by which the gateway's log knows it. */
  readonly name: string;
  readonly user: string;
  /** Its personal access token. */
  readonly pat: string;
}

export interface World {
  readonly databricks: DatabricksDouble;
  readonly gateway: LakebaseGateway;
  /** What every credential is minted for. */
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** Why the scenario cannot run here; undefined when it can. */
export function worldUnavailable(): string | undefined {
  const missing = ["bash", "curl", "jq", "sed"].filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : postgresUnavailable();
}

/** Starts it, with a PostgreSQL role for each identity. Credentials may live as short as a second. */
export async function startWorld(identities: readonly Identity[]): Promise<World> {
  const endpoint = "projects/app/branches/production/endpoints/primary";
  const pats = Object.fromEntries(identities.map(({ pat, user }) => [pat, user]));
  const postgres = await startPostgres();
  const databricks = await createDatabricksDouble({ pats, minTtl: 1000, endpoints: [endpoint] });
  const gateway = await createLakebaseGateway({ postgres, verify: databricks.tokens.verify });
  for (const { user } of identities) await gateway.createRole(user);
  async function close(): Promise<void> {
    await Promise.all([gateway.close(), databricks.close()]);
    await postgres.close();
  }
  return { databricks, gateway, endpoint, close };
}
