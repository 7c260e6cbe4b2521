import {
  mysqlProgram,
  skippedWithout,
  startMysql,
  startTlsTrials,
  tlsTrialNames,
  type Mysql,
  type TlsTrials,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mintUser, userOf, userStage, works } from "./support/users.ts";

for (const flavour of ["mysql", "mariadb"] as const) {
  const program = mysqlProgram(flavour)?.[0];
  const name = `a ${flavour} with a certificate for localhost${skippedWithout(program, flavour)}`;
  describe.skipIf(program === undefined)(name, () => {
    let trials: TlsTrials;
    let server: Mysql;
    beforeAll(async () => {
      trials = await startTlsTrials();
      server = await startMysql({ flavour, certificate: trials.certificate, settings: ["event-scheduler=on"] });
    });
    afterAll(() => Promise.all([server.close(), trials.close()]));

    test.each(tlsTrialNames)("taken by %s", async (trial) => {
      const { refused, host, tls, ca } = trials.trial(trial);
      const more = { host, tls, ...(ca !== undefined && { ca }) };
      const on = await userStage(server, flavour === "mysql" ? "mysql dynamic" : "mariadb", more);
      onTestFinished(on.close);
      if (refused === undefined) return expect(await works(on, userOf(await mintUser(on)))).toBe(true);
      // An address is refused whatever the certificate says: the client library would hold it to another name.
      const refusal =
        trial === "another name" ? { code: "INVALID" } : { code: "BAD_ANSWER", hint: expect.stringContaining(refused) };
      await expect(mintUser(on)).rejects.toMatchObject({ ...refusal, retryable: false, noEffect: true });
    });

    test("is told nothing when its certificate is for another name", async () => {
      const other = await startMysql({ flavour, certificate: trials.stranger, settings: ["event-scheduler=on"] });
      onTestFinished(other.close);
      const { host, tls, ca } = trials.trial("its authority");
      const on = await userStage(other, flavour === "mysql" ? "mysql dynamic" : "mariadb", { host, tls, ca });
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
        const on = await userStage(server, flavour === "mysql" ? "mysql dynamic" : "mariadb", { tls: "require" });
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
