import { mysqlProgram, skippedWithout, startMysql, type Mysql } from "@rotate/doubles";
import { providerContract } from "@rotate/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { mariadbUser } from "../src/mariadb-user.ts";
import { mysqlUser } from "../src/mysql-user.ts";
import { userStage, works, type UserStage, type Way } from "./support/users.ts";

const ways = [
  ["mysql", "mysql dynamic"],
  ["mysql", "mysql retain"],
  ["mariadb", "mariadb"],
] as const;

for (const flavour of ["mysql", "mariadb"] as const) {
  const program = mysqlProgram(flavour)?.[0];
  describe.skipIf(program === undefined)(`on a real ${flavour}${skippedWithout(program, flavour)}`, () => {
    let server: Mysql;
    beforeAll(async () => {
      server = await startMysql({ flavour, settings: ["event-scheduler=on"] });
    });
    afterAll(() => server.close());

    describe.each(ways.filter(([which]) => which === flavour))("%s: %s", (_, way: Way) => {
      providerContract<UserStage>(
        { describe, test },
        {
          provider: way === "mariadb" ? mariadbUser : mysqlUser,
          start: () => userStage(server, way),
          refuse: async ({ sql, bootstrap }) => void (await sql(`alter user '${bootstrap}'@'%' account lock`)),
          hang: async ({ sql }) => void (await sql("select get_lock('rotate:rotate-test-000000000001', 1)")),
          cutAt: ({ proxy }, message) => proxy.cutAt(message),
          isLive: works,
        },
      );
    });
  });
}
