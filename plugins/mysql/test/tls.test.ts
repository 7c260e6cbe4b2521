import {
  mysqlProgram,
  refusing,
  skippedWithout,
  startMysql,
  startTlsTrials,
  trusting,
  type Mysql,
  type TlsTrialName,
  type TlsTrials,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mintUser, userOf, userStage, works } from "./support/users.ts";

for (const flavour of ["mysql", "mariadb"] as const) {
  const program = mysqlProgram(flavour)?.[0];
  const way = flavour === "mysql" ? "mysql dynamic" : "mariadb";
  describe.skipIf(program === undefined)(`a ${flavour} with a certificate${skippedWithout(program, flavour)}`, () => {
    let trials: TlsTrials;
    let server: Mysql;
    beforeAll(async () => {
      trials = await startTlsTrials();
      server = await startMysql({ flavour, certificate: trials.certificate, settings: ["event-scheduler=on"] });
    });
    afterAll(() => Promise.all([server.close(), trials.close()]));

    async function stage(name: TlsTrialName) {
      const { host, tls, ca, refused } = trials.trial(name);
      const on = await userStage(server, way, { host, tls, ...(ca !== undefined && { ca }) });
      onTestFinished(on.close);
      return { on, refused };
    }

    test.each(trusting)("is let in by %s", async (name) => {
      const { on } = await stage(name);
      expect(await works(on, userOf(await mintUser(on)))).toBe(true);
    });

    test.each(refusing.filter((name) => name !== "another name"))("is told nothing by %s", async (name) => {
      const { on, refused } = await stage(name);
      await expect(mintUser(on)).rejects.toMatchObject({
        code: "BAD_ANSWER",
        retryable: false,
        noEffect: true,
        hint: expect.stringContaining(refused),
      });
    });

    test("is told nothing when it is called by its address, which its client library would hold to another name", async () => {
      const { on } = await stage("another name");
      await expect(mintUser(on)).rejects.toMatchObject({ code: "INVALID", retryable: false, noEffect: true });
    });

    test("is told nothing when its certificate is for another name", async () => {
      const other = await startMysql({ flavour, certificate: trials.stranger, settings: ["event-scheduler=on"] });
      onTestFinished(other.close);
      const { host, tls, ca } = trials.trial("its authority");
      const on = await userStage(other, way, { host, tls, ca });
      onTestFinished(on.close);
      await expect(mintUser(on)).rejects.toMatchObject({
        code: "BAD_ANSWER",
        retryable: false,
        noEffect: true,
        hint: expect.stringContaining("host name"),
      });
    });
  });

  describe.skipIf(program === undefined)(
    `a ${flavour} without a certificate${skippedWithout(program, flavour)}`,
    () => {
      test("is not told a password by who asked for TLS", async () => {
        const server = await startMysql({
          flavour,
          settings: ["event-scheduler=on", flavour === "mysql" ? "tls-version=" : "skip-ssl"],
        });
        onTestFinished(server.close);
        const on = await userStage(server, way, { tls: "require" });
        onTestFinished(on.close);
        await expect(mintUser(on)).rejects.toMatchObject({
          code: "INVALID",
          noEffect: true,
          hint: expect.stringContaining("tls: disable"),
        });
      });
    },
  );
}
