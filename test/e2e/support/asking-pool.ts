/** What a pool of node-postgres needs to log each connection in with the credential that there is at that moment, its user's name included. */
import { readFileSync } from "node:fs";
import { openCredentials, type Credential } from "@rotate/client";
import { Client, type PoolConfig } from "pg";
import type { SidecarStage } from "./sidecar-stage.ts";

/** The configuration, and what ends the asking. */
export interface AskingPool {
  readonly config: PoolConfig;
  readonly close: () => void;
}

/** Asks the watch of the stage. Resolves when the first credential is there. */
export async function askingPool({ asked, postgres, ca }: SidecarStage): Promise<AskingPool> {
  const credentials = openCredentials(asked);
  let latest: Credential = await credentials.current();
  credentials.on("change", (credential) => void (latest = credential));
  // Both at once: a name of one credential with the password of the next would be refused.
  class AskingClient extends Client {
    constructor(config?: PoolConfig) {
      const { username, password } = latest.fields;
      super({
        ...config,
        ...(username !== undefined && { user: username }),
        ...(password !== undefined && { password }),
      });
    }
  }
  const ssl = { ca: readFileSync(ca, "utf8") };
  const config: PoolConfig = {
    host: "localhost",
    port: postgres.port,
    database: "postgres",
    ssl,
    Client: AskingClient,
  };
  return { config, close: credentials.close };
}
