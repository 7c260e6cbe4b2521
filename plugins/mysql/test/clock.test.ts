import { clockShifter, mysqlProgram, skippedWithout, startMysql, type Mysql } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  contextOf,
  mintUser,
  revokeUser,
  userOf,
  userStage,
  works,
  type UserStage,
  type Way,
} from "./support/users.ts";

const minute = 60_000;
const servers = [
  { flavour: "mysql", clock: "+10m", ways: ["mysql dynamic", "mysql retain"] },
  { flavour: "mysql", clock: "-10m", ways: ["mysql dynamic", "mysql retain"] },
  { flavour: "mariadb", clock: "+10m", ways: ["mariadb"] },
  { flavour: "mariadb", clock: "-10m", ways: ["mariadb"] },
] as const;

for (const { flavour, clock, ways } of servers) {
  const program = clockShifter() === undefined ? undefined : mysqlProgram(flavour)?.[0];
  describe.skipIf(program === undefined)(
    `a ${flavour} whose clock is off by ${clock}${skippedWithout(program, `${flavour} or libfaketime`)}`,
    () => {
      let server: Mysql;
      beforeAll(async () => {
        server = await startMysql({ flavour, settings: ["event-scheduler=on"], clock });
      }, 180_000);
      afterAll(() => server.close());

      async function stage(way: Way): Promise<UserStage> {
        const laid = await userStage(server, way);
        onTestFinished(laid.close);
        const [row] = await laid.sql("select unix_timestamp(now(3)) * 1000 as now");
        expect(Math.abs(Number(row?.["now"]) - Date.now())).toBeGreaterThan(9 * minute);
        return laid;
      }

      test.each<Way>(ways)("%s: what is minted works, is found and is dropped", async (way) => {
        const on = await stage(way);
        const got = await mintUser(on);
        expect(await works(on, userOf(got))).toBe(true);
        expect(await on.provider.find?.(got.lease.id, contextOf(on))).toBeDefined();
        const next = await mintUser(on, "2");
        expect(await works(on, userOf(got))).toBe(true);
        await revokeUser(on, got);
        expect(await works(on, userOf(got))).toBe(false);
        expect(await works(on, userOf(next))).toBe(true);
      });

      test.each<Way>(ways.filter((way) => way !== "mysql retain"))(
        "%s: a user lives as long as was asked for, by the server's clock, which drops it then",
        async (way) => {
          const laid = await stage(way);
          const on = { ...laid, request: { ...laid.request, ttl: 2 * minute } };
          const got = await mintUser(on);
          const found = await on.provider.find?.(got.lease.id, contextOf(on));
          const { in: left } = (found ?? { expires: { in: 0 } }).expires as { readonly in: number };
          expect(left).toBeGreaterThan(minute);
          expect(left).toBeLessThanOrEqual(2 * minute);
          expect(await works(on, userOf(got))).toBe(true);
          await on.sql(
            `alter event ${on.database}.\`rotate_${got.username}\` on schedule at current_timestamp + interval 1 second`,
          );
          await expect.poll(() => works(on, userOf(got)), { timeout: 20_000 }).toBe(false);
          expect(await on.provider.find?.(got.lease.id, contextOf(on))).toBeUndefined();
          await revokeUser(on, got);
        },
      );
    },
  );
}
