/** A real PostgreSQL behind a front that checks passwords as a cloud's database does: over TLS, once, at login. */
import {
  createLakebaseGateway,
  startPostgres,
  type LakebaseGateway,
  type LakebaseGatewayOptions,
} from "@rotate/doubles";
import { onTestFinished } from "vitest";

/** Starts it, with the user `app`. Its authority belongs into the file `ca.pem`. */
export async function startDatabase(
  checks: Pick<LakebaseGatewayOptions, "verify" | "judgeOther">,
): Promise<LakebaseGateway> {
  const postgres = await startPostgres();
  onTestFinished(postgres.close);
  const gateway = await createLakebaseGateway({ postgres, ...checks });
  onTestFinished(gateway.close);
  await gateway.createRole("app");
  return gateway;
}

/** For a spec: the sink that tells the consumer where the database is, and with which password. */
export function urlInDotenv({ port }: LakebaseGateway): string {
  const url = `postgres://app:{{ token | uri_component }}@localhost:${port}/postgres?sslmode=verify-full&sslrootcert=ca.pem`;
  return JSON.stringify({ type: "dotenv", path: ".env", values: { DATABASE_URL: url } });
}
