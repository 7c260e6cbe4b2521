import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Expires, Provider } from "@rotate/plugin-kit";
import { expect, onTestFinished, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { createScene, failAt, failing, hour, minute, untilDue, type Scene } from "./support.ts";

function withProvider(rotation: Rotation, change: (part: Provider) => Partial<Provider>): Rotation {
  const { part } = rotation.provider;
  return { ...rotation, provider: { ...rotation.provider, part: { ...part, ...change(part) } } };
}

/** An issuer whose leases can be renewed for these lives (ms), one after the other, and then no more. */
function renewingScene(lives: readonly number[]): Scene {
  const left = [...lives];
  return createScene((rotation, { hook }) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), renewable: true }),
      async renew() {
        await hook("renew");
        const life = left.shift();
        if (life === undefined) throw failing("DENIED", { retryable: false });
        return { expires: { in: life }, renewable: left.length > 0 };
      },
    })),
  );
}

test("a renewable lease is renewed first: nothing is written, nobody is reloaded", async () => {
  const scene = renewingScene([hour, hour]);
  await scene.run();
  await scene.clock.advance(untilDue);
  expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "renewed" } });
  expect(scene.reloads()).toHaveLength(1);
  expect((await scene.run()).db.outcome).toBe("fresh");
});

test("a renewal that fails makes way for a new lease in the same run", async () => {
  const scene = renewingScene([]);
  await scene.run();
  await scene.clock.advance(untilDue);
  const { db } = await scene.run();
  expect(db.outcome).toBe("rotated");
  expect(db.warnings?.join()).toMatch("the lease could not be renewed, a new one is minted");
  expect(scene.held()).toBe("value-2");
});

test("a renewal near the issuer's cap, that gives less than asked for, is followed by a new lease", async () => {
  const scene = renewingScene([20 * minute]);
  await scene.run();
  await scene.clock.advance(untilDue);
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-2");
});

test("the same value again is the same lease: reused, no reload, never revoked", async () => {
  const scene = createScene((rotation) => ({ ...rotation, request: { same: true } }));
  await scene.run();
  await scene.clock.advance(untilDue);
  expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "reused" } });
  expect(scene.reloads()).toHaveLength(1);
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual([]);
});

test("the same value is published where a sink has lost it", async () => {
  const scene = createScene((rotation) => ({ ...rotation, request: { same: true }, drift: "repair" }));
  await scene.run();
  scene.write("a", "changed by hand");
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-1");
  expect(scene.mints()).toBe(1);
});

/** An issuer over HTTP whose clock is off by so much. */
async function skewedScene(skew: number): Promise<Scene> {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      async mint(request, ctx) {
        await ctx.http(url);
        const { fields, handle } = await part.mint(request, ctx);
        return { fields, handle, expires: new Date(scene.clock.now() + skew + hour) };
      },
    })),
  );
  const server = createServer((_request, response) => {
    response.setHeader("date", new Date(scene.clock.now() + skew).toUTCString()).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return scene;
}

test("a clock that is minutes off is warned of, and expiry is told by ours", async () => {
  const scene = await skewedScene(-5 * minute);
  const { db } = await scene.run();
  expect(db.warnings?.join()).toMatch(/this machine's clock is 300 s ahead of the issuer's/);
  const lives = Date.parse(db.credential!.expiresAt!) - scene.clock.now();
  expect(Math.abs(lives - hour)).toBeLessThan(2_000);
});

test("a clock that is right gives no warning", async () => {
  const scene = await skewedScene(0);
  expect((await scene.run()).db.warnings).toBeUndefined();
});

test("a secret to log in with that nears its end is told, and nothing is planned beyond it", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, () => ({
      login: async (ctx) => ({ expires: { in: 12 * hour }, bootstrapExpires: new Date(ctx.now() + 30 * minute) }),
    })),
  );
  const { db } = await scene.run();
  expect(db.warnings?.join()).toMatch("expiring bootstrap: what provider issuer logs in with ends at");
  expect(Date.parse(db.nextAt!)).toBeLessThan(scene.clock.now() + 30 * minute);
});

test("a lease that dies with its login is refreshed before the login ends", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      login: async () => ({ expires: { in: 20 * minute } }),
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), diesWithLogin: true }),
    })),
  );
  const { db } = await scene.run();
  expect(db.warnings?.join()).toMatch("the credential dies with the login of provider issuer");
  expect(Date.parse((await scene.status()).deadline!)).toBeLessThan(scene.clock.now() + 20 * minute);
});

test.each([
  ["has expired already", { expires: new Date(0) }, "the credential had expired when it came"],
  ["lacks a field", { fields: {} }, "the answer has no token"],
])("an answer that %s is refused, and its lease given back", async (_, change, message) => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), ...change }),
    })),
  );
  const { db } = await scene.run();
  expect(db).toMatchObject({ outcome: "failed" });
  expect(db.reason).toMatch(message);
  expect(scene.held()).toBeUndefined();
  expect(scene.revoked()).toEqual(["value-1"]);
});

test.each([
  ["a life that nobody can keep fresh", { expires: { in: 3_000 } }],
  ["a field too few", { fields: {} }],
])("%s is not asked for again in the same run: each answer may leave a lease", async (_, change) => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), ...change }),
    })),
  );
  expect((await scene.run({ timeout: hour })).db).toMatchObject({ outcome: "failed" });
  expect(scene.mints()).toBe(1);
});

test("an answer that is refused is given back by its values, where the issuer takes only those", async () => {
  const given: unknown[] = [];
  const scene = createScene((rotation) => {
    const { part } = rotation.provider;
    const byValue: Provider = {
      type: part.type,
      options: part.options,
      fields: part.fields,
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), expires: new Date(0) }),
      revokeValue: async ({ token }) => void given.push(token),
    };
    return { ...rotation, provider: { ...rotation.provider, part: byValue } };
  });
  expect((await scene.run()).db).toMatchObject({ outcome: "failed" });
  expect(given).toHaveLength(1);
  expect((await scene.status()).leases).toEqual([]);
});

test.each([
  ["that is down", failing("UNAVAILABLE")],
  ["whose answer is lost", failing("TIMEOUT")],
  ["that throws what it should not", new Error("fault")],
])("a login %s leaves no lease in doubt: nothing was asked for yet", async (_, error) => {
  let logins = 0;
  const scene = createScene((rotation) =>
    withProvider(rotation, () => ({
      async login() {
        logins += 1;
        if (logins > 1) throw error;
        return {};
      },
    })),
  );
  expect((await scene.run()).db).toMatchObject({ outcome: "failed" });
  expect(logins).toBe(2);
  expect((await scene.status()).leases).toEqual([]);
});

test("neither does a second login in place of one that grew old", async () => {
  let logins = 0;
  const scene = createScene((rotation) =>
    withProvider(rotation, () => ({
      async login() {
        logins += 1;
        if (logins > 1) throw failing("TIMEOUT");
        return { expires: { in: hour } };
      },
      mint: () => Promise.reject(failing("DENIED")),
    })),
  );
  expect((await scene.run()).db).toMatchObject({ outcome: "failed" });
  expect(logins).toBe(2);
  expect((await scene.status()).leases).toEqual([]);
});

test("a credential with a line feed is refused before it reaches a file", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({
        ...(await part.mint(request, ctx)),
        fields: { token: ctx.secret("two\nlines of secret") },
      }),
    })),
  );
  expect((await scene.run()).db.reason).toMatch("the field token holds a control character (code 10)");
  expect(scene.held()).toBeUndefined();
});

test("verify is tried again with the same credential, and a failure touches no sink", async () => {
  const scene = createScene((rotation, { hook }) => ({
    ...rotation,
    verify: [
      {
        part: { type: "probe", options: { type: "object" }, run: async () => hook("verify") },
        type: "probe",
        options: {},
        where: "",
        timeout: minute,
        within: 10_000,
      },
    ],
  }));
  failAt(scene, { verify: [failing("DENIED"), failing("DENIED")] });
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.mints()).toBe(1);
  await scene.clock.advance(untilDue);
  failAt(scene, { verify: failing("DENIED") });
  await scene.run();
  expect(scene.held()).toBe("value-1");
  expect(scene.revoked()).toEqual(["value-2"]);
});

/** What an issuer may say of a life, and what becomes of it: refused, taken until then, or taken as never-ending. */
const lives: readonly (readonly [what: string, expires: Expires, held: RegExp | number | "never"])[] = [
  ["nothing", { in: 0 }, /had expired when it came/],
  ["a second", { in: 1_000 }, /lives 1 s: nobody can keep that fresh/],
  ["nine years", { in: 9 * 365 * 24 * hour }, 9 * 365 * 24 * hour],
  ["eleven years", { in: 11 * 365 * 24 * hour }, "never"],
  ["the year 33715", new Date(Date.UTC(33_715, 0)), "never"],
  ["1e300 ms", { in: 1e300 }, "never"],
  ["no date", new Date(Number.NaN), /is not an instant/],
  ["no number", { in: Number.NaN }, /is not an instant/],
  ["no end of numbers", { in: Infinity }, /is not an instant/],
];

test.each(lives)(
  "an issuer that says %s is refused in plain words, or taken with a life that can be told",
  async (...row) => {
    const [, expires, held] = row;
    const scene = createScene((rotation) =>
      withProvider(rotation, (part) => ({
        mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), expires }),
      })),
    );
    const { db } = await scene.run();
    const { expiresAt } = await scene.status();
    expect(db.outcome).toBe(held instanceof RegExp ? "failed" : "rotated");
    expect(db.reason).toMatch(held instanceof RegExp ? held : "not rotated before");
    // A length of time says nothing of anybody's clock.
    expect(JSON.stringify(db.phases)).not.toContain("compare the clock");
    const told = expiresAt === undefined ? undefined : Date.parse(expiresAt) - scene.clock.now();
    expect(told).toBe(typeof held === "number" ? held : undefined);
    expect(db.warnings?.join() ?? "").toMatch(held === "never" ? /counts as never-ending/ : /^$/);
  },
);

test.each(lives)("a renewal that says %s never makes a lease endless by mistake", async (_, expires, held) => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), renewable: true }),
      renew: async () => ({ expires, renewable: true }),
    })),
  );
  await scene.run();
  await scene.clock.advance(untilDue);
  const { db } = await scene.run();
  const taken = typeof held === "number" || held === "never";
  const failed = held instanceof RegExp && held.source.includes("instant");
  expect(db.outcome).toBe(taken ? "renewed" : failed ? "failed" : "rotated");
  const { expiresAt } = await scene.status();
  expect(expiresAt === undefined).toBe(held === "never");
});

test("a login that says when it ends in no words is refused, and not kept for ever", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, () => ({ login: async () => ({ expires: { in: Number.NaN } }) })),
  );
  expect((await scene.run()).db).toMatchObject({
    outcome: "failed",
    reason: expect.stringMatching(/is not an instant/),
  });
});
