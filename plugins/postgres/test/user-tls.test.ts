import {
  postgresUnavailable,
  refusing,
  startPostgres,
  startTlsTrials,
  trusting,
  type Postgres,
  type TlsTrialName,
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

  async function stage(name: TlsTrialName) {
    const { host, tls, ca, refused } = trials.trial(name);
    const on = await userStage(postgres, "ring", { host, tls, ...(ca !== undefined && { ca }) });
    onTestFinished(on.close);
    return { on, refused };
  }

  test.each(trusting)("is let in by %s", async (name) => {
    const { on } = await stage(name);
    expect(await works(on, await mintUser(on))).toBe(true);
  });

  test.each(refusing)("is told nothing by %s", async (name) => {
    const { on, refused } = await stage(name);
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "BAD_ANSWER",
      retryable: false,
      noEffect: true,
      hint: expect.stringContaining(refused),
    });
  });
});
