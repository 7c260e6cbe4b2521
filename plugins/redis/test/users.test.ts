import { redisProgram, skippedWithout, startRedis, type Redis } from "@rotate/doubles";
import { isRotateError } from "@rotate/plugin-kit";
import { connectionSamples, expectNoLeak, refusalContract } from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { redisUser } from "../src/redis-user.ts";
import { serverRefusals, systemRefusals } from "../src/refusals.ts";
import {
  asAdmin,
  connectAs,
  contextOf,
  mintUser,
  redisStage,
  revokeUser,
  works,
  type Got,
  type RedisStage,
} from "./support/users.ts";

const program = redisProgram();

function userOf({ username, password }: Got): Readonly<Record<string, string>> {
  return { username, password };
}

async function namesOn(redis: Redis): Promise<readonly string[]> {
  return (await asAdmin(redis, "ACL", "USERS")) as readonly string[];
}

/** What `check` finds missing. */
async function missing(on: RedisStage): Promise<{ readonly code: string; readonly hint: string }> {
  try {
    await redisUser.check?.(contextOf(on), on.request);
  } catch (error) {
    if (isRotateError(error)) return { code: error.code, hint: error.hint ?? "" };
    throw error;
  }
  return { code: "", hint: "" };
}

describe.skipIf(program === undefined)(`users of a real Redis${skippedWithout(program, "redis-server")}`, () => {
  let redis: Redis;
  let other: Redis;
  let forgetful: Redis;
  beforeAll(async () => {
    [redis, other, forgetful] = await Promise.all([startRedis(), startRedis(), startRedis({ aclfile: false })]);
  });
  afterAll(() => Promise.all([redis.close(), other.close(), forgetful.close()]));

  async function stage(servers: readonly [Redis, ...Redis[]] = [redis], more: Parameters<typeof redisStage>[1] = {}) {
    const laid = await redisStage(servers, more);
    onTestFinished(laid.close);
    return laid;
  }

  test("are made on every server, outlive a restart, and are dropped everywhere", async () => {
    const on = await stage([redis, other]);
    const got = await mintUser(on);
    for (const server of [redis, other]) {
      await asAdmin(server, "ACL", "LOAD");
      expect(await works({ ...on, servers: [server] }, userOf(got))).toBe(true);
    }
    expect(await redisUser.lives?.(got.lease, contextOf(on))).toBe(true);
    await asAdmin(other, "ACL", "DELUSER", got.username);
    expect(await redisUser.lives?.(got.lease, contextOf(on))).toBe(false);
    await revokeUser(on, got);
    await asAdmin(redis, "ACL", "LOAD");
    expect(await namesOn(redis)).not.toContain(got.username);
  });

  test("may do what the rules say, and nothing else", async () => {
    const on = await stage();
    const client = await connectAs(redis, userOf(await mintUser(on)));
    onTestFinished(() => client.destroy());
    await expect(client.get("other:key")).rejects.toThrow(/NOPERM/);
    await expect(client.sendCommand(["ACL", "USERS"])).rejects.toThrow(/NOPERM/);
  });

  test("are on no server when one of them says no", async () => {
    const on = await stage([redis, other]);
    await asAdmin(other, "ACL", "SETUSER", on.bootstrap, "-acl|setuser");
    const before = await namesOn(redis);
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "DENIED",
      noEffect: true,
      hint: expect.stringContaining("+acl|setuser"),
    });
    expect(await namesOn(redis)).toEqual(before);
  });

  test("may be on one server when the other cannot be reached: then that is asked for, and dropped", async () => {
    const on = await stage([other, redis]);
    const swapped = { ...on, options: { ...on.options, nodes: (on.options["nodes"] as string[]).toReversed() } };
    const cut = on.proxy.cutAt(3);
    await expect(mintUser(swapped)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true, noEffect: false });
    expect(await redisUser.find?.(contextOf(on).leaseId, contextOf(on))).toBeUndefined();
    await cut.arrive();
    expect(await redisUser.find?.(contextOf(on).leaseId, contextOf(on))).toBeUndefined();
  });

  test("are locked out at once and dropped when their connections are over", async () => {
    const on = await stage();
    const got = await mintUser(on);
    const client = await connectAs(redis, userOf(got));
    await expect(revokeUser(on, got)).rejects.toMatchObject({
      code: "CONFLICT",
      retryable: true,
      message: expect.stringContaining("1 connection of"),
    });
    expect(await works(on, userOf(got))).toBe(false);
    expect(await client.get("app:none")).toBeNull();
    client.destroy();
    await expect
      .poll(() =>
        revokeUser(on, got).then(
          () => "dropped",
          () => "in use",
        ),
      )
      .toBe("dropped");
    expect(await namesOn(redis)).not.toContain(got.username);
  });

  test("lose their connections with sessions: end", async () => {
    const on = await stage([redis], { sessions: "end" });
    const got = await mintUser(on);
    const client = await connectAs(redis, userOf(got));
    const ended = new Promise((resolve) => client.on("error", resolve));
    await revokeUser(on, got);
    expect(await ended).toBeInstanceOf(Error);
  });

  test("that are gone, or were changed by hand, are dropped all the same", async () => {
    const on = await stage();
    const [gone, changed] = [await mintUser(on, "1"), await mintUser(on, "2")];
    await asAdmin(redis, "ACL", "DELUSER", gone.username);
    await asAdmin(redis, "ACL", "SETUSER", changed.username, "nopass", "+@all");
    await revokeUser(on, gone);
    await revokeUser(on, changed);
    expect(await namesOn(redis)).not.toContain(gone.username);
    expect(await namesOn(redis)).not.toContain(changed.username);
  });

  test("are not made where a restart would lose them, unless the spec says so", async () => {
    const on = await stage([forgetful]);
    await expect(mintUser(on)).rejects.toMatchObject({
      code: "INVALID",
      noEffect: true,
      hint: expect.stringContaining("persist: none"),
    });
    expect(await namesOn(forgetful)).toEqual(["default", on.bootstrap]);
    const willing = { ...on, options: { ...on.options, persist: "none" } };
    const got = await mintUser(willing);
    expect(await works(on, userOf(got))).toBe(true);
    await revokeUser(willing, got);
  });

  test.each(["acl|setuser", "acl|deluser", "acl|users", "client|list", "client|kill"])(
    "%s is named before the mint when it is missing",
    async (command) => {
      const on = await stage();
      await asAdmin(redis, "ACL", "SETUSER", on.bootstrap, `-${command}`);
      const { code, hint } = await missing(on);
      expect(code).toBe("DENIED");
      await asAdmin(redis, ...hint.slice(hint.indexOf("ACL SETUSER")).split(" "));
      expect(await missing(on)).toEqual({ code: "", hint: "" });
    },
  );

  test("are not made where they could not be saved, and the command that is missing is named", async () => {
    const on = await stage();
    await asAdmin(redis, "ACL", "SETUSER", on.bootstrap, "-acl|save");
    const before = await namesOn(redis);
    const refused = await mintUser(on).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "DENIED", noEffect: true, hint: expect.stringContaining("+acl|save") });
    expect(await namesOn(redis)).toEqual(before);
    const { hint } = refused as { readonly hint: string };
    await asAdmin(redis, ...hint.slice(hint.indexOf("ACL SETUSER")).split(" "));
    await revokeUser(on, await mintUser(on));
  });

  test("with a rule that the server does not know are refused before the mint, with the rule's name", async () => {
    const on = await stage();
    const wrong = { ...on, request: { ...on.request, rules: ["~app:*", "+@everything"] } };
    expect(await missing(wrong)).toMatchObject({ code: "INVALID", hint: expect.stringContaining("rules") });
    await expect(mintUser(wrong)).rejects.toMatchObject({
      code: "INVALID",
      noEffect: true,
      message: expect.stringContaining("+@everything"),
    });
  });

  test("are not made for a login that the server does not know, even where its default user needs no password", async () => {
    const open = await startRedis({ aclfile: false });
    onTestFinished(open.close);
    const on = await stage([open], { persist: "none" });
    await asAdmin(open, "CONFIG", "SET", "requirepass", "");
    const stranger = { ...on, options: { ...on.options, user: "nobody" } };
    await expect(mintUser(stranger)).rejects.toMatchObject({ code: "DENIED", noEffect: true });
    expect(await missing(stranger)).toMatchObject({ code: "DENIED" });
  });

  test("have names of up to 128 bytes", async () => {
    const on = await stage();
    const tooLong = mintUser({ ...on, request: { ...on.request, prefix: "a".repeat(120) } });
    await expect(tooLong).rejects.toMatchObject({ code: "INVALID", noEffect: true });
  });

  test("leave no password in what the server shows or writes", async () => {
    const on = await stage();
    const watcher = await connectAs(redis, { username: "default", password: redis.password });
    onTestFinished(() => watcher.destroy());
    const seen: string[] = [];
    await watcher.MONITOR((line) => void seen.push(line));
    await asAdmin(redis, "CONFIG", "SET", "slowlog-log-slower-than", "0");
    const got = await mintUser(on);
    await revokeUser(on, got);
    await asAdmin(redis, "GET", "last-line");
    const slow = JSON.stringify(await asAdmin(redis, "SLOWLOG", "GET", "128"));
    const denied = JSON.stringify(await asAdmin(redis, "ACL", "LOG"));
    await expect.poll(() => seen.some((line) => line.includes("last-line"))).toBe(true);
    await expectNoLeak([got.password, ...on.secrets], {
      MONITOR: seen.join("\n"),
      SLOWLOG: slow,
      "ACL LOG": denied,
      log: redis.log.join("\n"),
    });
  });
});

refusalContract(
  { describe, test },
  {
    name: "a Redis server",
    of: "exit",
    table: serverRefusals,
    advised: true,
    samples: [
      { said: "WRONGPASS invalid username-password pair or user is disabled", is: "denied" },
      { said: "NOPERM this user has no permissions to run the 'acl|setuser' command", is: "denied" },
      { said: "DENIED Redis is running in protected mode", is: "denied" },
      { said: "ERR This Redis instance is not configured to use an ACL file", is: "invalid" },
      { said: "ERR Error in ACL SETUSER modifier '+@x': Unknown command or category name in ACL", is: "invalid" },
      { said: "ERR unknown command 'HELLO'", is: "invalid" },
      { said: "LOADING Redis is loading the dataset in memory", is: "wait" },
      { said: "ERR max number of clients reached", is: "wait" },
      {
        said: "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk",
        is: "wait",
      },
      { said: "ERR something else", is: "refused" },
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the way to a Redis server",
    of: "exit",
    table: systemRefusals,
    samples: [
      { said: "ConnectionTimeoutError: Connection timeout", is: "late" },
      { said: "SocketClosedUnexpectedlyError: Socket closed unexpectedly", is: "unsure" },
      ...connectionSamples,
    ],
  },
);
