import {
  createDatabricksDouble,
  createLakebaseGateway,
  postgresUnavailable,
  startPostgres,
  type Postgres,
} from "@rotate/doubles";
import { probeContract, secretRef } from "@rotate/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { postgresProbe } from "../src/postgres-probe.ts";
import { writeTemporary } from "./support/files.ts";
import { mint, pat, user } from "./support/mint.ts";

describe.skipIf(postgresUnavailable())("on a real PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  async function start() {
    const databricks = await createDatabricksDouble({ pats: { [pat]: user } });
    const gateway = await createLakebaseGateway({ postgres, verify: databricks.tokens.verify });
    await gateway.createRole(user);
    const [password, ca] = await Promise.all([mint(databricks), writeTemporary(gateway.ca)]);
    return {
      gateway,
      options: { host: "localhost", port: gateway.port, user, ca, password: secretRef(password) },
      secrets: [password],
      close: async () => void (await Promise.all([gateway.close(), databricks.close()])),
    };
  }

  probeContract(
    { describe, test },
    {
      probe: postgresProbe,
      start,
      refuse: ({ gateway }) => gateway.failNext({ code: "28P01", message: "no" }),
      hang: ({ gateway }) => gateway.failNext("hang"),
    },
  );
});
