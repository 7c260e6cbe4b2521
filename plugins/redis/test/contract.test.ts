import { redisProgram, skippedWithout, startRedis, type Redis } from "@rotate/doubles";
import { providerContract } from "@rotate/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { redisUser } from "../src/redis-user.ts";
import { asAdmin, redisStage, works, type RedisStage } from "./support/users.ts";

const program = redisProgram();

describe.skipIf(program === undefined)(`on a real Redis${skippedWithout(program, "redis-server")}`, () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());

  providerContract<RedisStage>(
    { describe, test },
    {
      provider: redisUser,
      start: () => redisStage([redis]),
      refuse: async ({ bootstrap }) => void (await asAdmin(redis, "ACL", "SETUSER", bootstrap, "off")),
      hang: async () => void (await asAdmin(redis, "CLIENT", "PAUSE", "1000", "ALL")),
      cutAt: ({ proxy }, message) => proxy.cutAt(message),
      isLive: works,
    },
  );
});
