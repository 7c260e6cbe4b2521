import {
  postgresUnavailable,
  startPostgres,
  startTlsTrials,
  tlsTrialNames,
  type Postgres,
  type TlsTrials,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mintUser, userStage, works } from "./support/users.ts";

describe.skipIf(postgresUnavailable())("a PostgreSQL with a certificate for localhost", () => {
  let trials: TlsTrials;
  let postgres: Postgres;
  beforeAll(async () => {
    trials = await startTlsTrials();
    postgres = await startPostgres({ certificate: trials.certificate });
  });
  afterAll(() => Promise.all([postgres.close(), trials.close()]));

  test.each(tlsTrialNames)("taken by %s", async (name) => {
    const { refused, host, tls, ca } = trials.trial(name);
    const on = await userStage(postgres, "ring", { host, tls, ...(ca !== undefined && { ca }) });
    onTestFinished(on.close);
    if (refused === undefined) return expect(await works(on, await mintUser(on))).toBe(true);
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "BAD_ANSWER",
      retryable: false,
      noEffect: true,
      hint: expect.stringContaining(refused),
    });
  });
});
