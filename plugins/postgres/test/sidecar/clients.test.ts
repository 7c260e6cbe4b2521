import { createCertificateAuthority, postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startSidecar, type TestSidecar } from "./support/sidecar.ts";

describe.skipIf(postgresUnavailable())("through the sidecar", () => {
  let postgres: Postgres;
  let sidecar: TestSidecar;
  beforeAll(async () => {
    const authority = createCertificateAuthority();
    postgres = await startPostgres({ certificate: authority.issue({ hosts: ["localhost"] }) });
    await postgres.createRole("app_a", { password: "pässword a" });
    const upstream = { port: postgres.port };
    const leases = [{ leaseId: "a", user: "app_a", password: "pässword a" }] as const;
    sidecar = await startSidecar({ upstream, ca: authority.ca, leases, database: "postgres" });
  });
  afterAll(async () => {
    await sidecar.stop();
    await postgres.close();
  });

  test("an application asks with its own name and is who the credential says", async () => {
    const client = new pg.Client({ host: sidecar.directory, user: "app", application_name: "shop" });
    await client.connect();
    onTestFinished(() => client.end());
    const { rows } = await client.query(
      "select current_user, current_database(), ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
    );
    expect(rows).toEqual([{ current_user: "app_a", current_database: "postgres", ssl: true, version: "TLSv1.3" }]);
    expect(sidecar.held()).toEqual({ a: 1 });
  });
});
