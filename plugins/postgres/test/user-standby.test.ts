import { postgresUnavailable, startPostgresPair, type Postgres } from "@rotate/doubles";
import { createTestContext, secretRef } from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { postgresProbe } from "../src/postgres-probe.ts";
import { postgresUser } from "../src/postgres-user.ts";
import { contextOf, mintUser, revokeUser, userStage, works, type Got, type UserStage } from "./support/users.ts";

describe.skipIf(postgresUnavailable())("with a standby that is two seconds behind", () => {
  let primary: Postgres;
  let standby: Postgres;
  beforeAll(async () => {
    ({ primary, standby } = await startPostgresPair("2s"));
  });
  afterAll(async () => {
    await standby.close();
    await primary.close();
  });

  async function stage(strategy: "ring" | "dynamic"): Promise<UserStage> {
    const laid = await userStage(primary, strategy, { sessions: "end" });
    onTestFinished(laid.close);
    return laid;
  }

  function onStandby(on: UserStage): UserStage {
    return { ...on, postgres: standby, options: { ...on.options, host: standby.host, port: standby.port } };
  }

  async function arrived({ bootstrap }: UserStage): Promise<void> {
    const admin = await standby.connect();
    const known = async () => (await admin.query("select from pg_roles where rolname = $1", [bootstrap])).rowCount;
    await expect.poll(known, { timeout: 30_000 }).toBe(1);
    await admin.end();
  }

  async function probe({ username, password }: Got): Promise<void> {
    const options = {
      host: standby.host,
      port: standby.port,
      user: username,
      password: secretRef(password),
      tls: "disable",
    };
    await postgresProbe.run(createTestContext({ schema: postgresProbe.options, options }));
  }

  test.each(["ring", "dynamic"] as const)(
    "%s: a new user arrives with the replication, and so does its end",
    async (strategy) => {
      const on = await stage(strategy);
      const got = await mintUser(on);
      expect(await works(on, got)).toBe(true);
      await expect(probe(got)).rejects.toMatchObject({ code: "DENIED", message: expect.stringContaining("28") });
      await expect.poll(() => works(onStandby(on), got), { timeout: 30_000 }).toBe(true);
      await probe(got);
      await revokeUser(on, got);
      expect([await works(on, got), await works(onStandby(on), got)]).toEqual([false, true]);
      await expect.poll(() => works(onStandby(on), got), { timeout: 30_000 }).toBe(false);
    },
  );

  test("no user can be made there: told before the mint, with what to do, and certain when a mint is tried", async () => {
    const on = await stage("dynamic");
    await arrived(on);
    const there = onStandby(on);
    const refused = { code: "INVALID", retryable: true, hint: expect.stringContaining("primary") };
    await expect(postgresUser.check?.(contextOf(there), there.request)).rejects.toMatchObject(refused);
    await expect(mintUser(there)).rejects.toMatchObject({ ...refused, noEffect: true });
  });
});
