import {
  redisProgram,
  refusing,
  skippedWithout,
  startRedis,
  startTlsTrials,
  trusting,
  type Redis,
  type TlsTrialName,
  type TlsTrials,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mintUser, redisStage, works } from "./support/users.ts";

const program = redisProgram();

describe.skipIf(program === undefined)(`a Redis with a certificate${skippedWithout(program, "redis-server")}`, () => {
  let trials: TlsTrials;
  let redis: Redis;
  beforeAll(async () => {
    trials = await startTlsTrials();
    redis = await startRedis({ certificate: trials.certificate });
  });
  afterAll(() => Promise.all([redis.close(), trials.close()]));

  async function stage(name: TlsTrialName) {
    const { host, tls, ca, refused } = trials.trial(name);
    const on = await redisStage([redis], {
      nodes: [`${host}:${redis.tlsPort}`],
      tls,
      ...(ca !== undefined && { ca }),
    });
    onTestFinished(on.close);
    return { on, refused };
  }

  test.each(trusting)("is let in by %s", async (name) => {
    const { on } = await stage(name);
    const { username, password } = await mintUser(on);
    expect(await works(on, { username, password })).toBe(true);
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
