import {
  redisProgram,
  skippedWithout,
  startRedis,
  startTlsTrials,
  tlsTrialNames,
  type Redis,
  type TlsTrials,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mintUser, redisStage, works } from "./support/users.ts";

const program = redisProgram();
const name = `a Redis with a certificate for localhost${skippedWithout(program, "redis-server")}`;

describe.skipIf(program === undefined)(name, () => {
  let trials: TlsTrials;
  let redis: Redis;
  beforeAll(async () => {
    trials = await startTlsTrials();
    redis = await startRedis({ certificate: trials.certificate });
  });
  afterAll(() => Promise.all([redis.close(), trials.close()]));

  test.each(tlsTrialNames)("taken by %s", async (trial) => {
    const { refused, host, tls, ca } = trials.trial(trial);
    const nodes = [`${host}:${redis.tlsPort}`];
    const on = await redisStage([redis], { nodes, tls, ...(ca !== undefined && { ca }) });
    onTestFinished(on.close);
    if (refused === undefined) {
      const { username, password } = await mintUser(on);
      return expect(await works(on, { username, password })).toBe(true);
    }
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "BAD_ANSWER",
      retryable: false,
      noEffect: true,
      hint: expect.stringContaining(refused),
    });
  });
});
