import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { providerContract } from "@rotate/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { postgresUser } from "../src/postgres-user.ts";
import { userStage, works, type UserStage } from "./support/users.ts";

describe.skipIf(postgresUnavailable())("on a real PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  describe.each(["ring", "dynamic"] as const)("%s", (strategy) => {
    providerContract<UserStage>(
      { describe, test },
      {
        provider: postgresUser,
        start: () => userStage(postgres, strategy),
        refuse: async ({ sql, bootstrap }) => void (await sql(`alter role ${bootstrap} nologin`)),
        hang: async ({ sql }) =>
          void (await sql("begin; lock table pg_authid in access exclusive mode; lock table pg_shdescription")),
        cutAt: ({ proxy }, message) => proxy.cutAt(message),
        isLive: works,
      },
    );
  });
});
