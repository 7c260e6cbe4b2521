import type { Provider } from "@rotate/plugin-kit";
import { expectNoLeak } from "@rotate/testkit";
import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { createScene, failAt, failing, hour, untilDue } from "./support.ts";

const secret = `value-1-${"s".repeat(20)}`;
const said = "the answer's handle holds a secret";

function withProvider(rotation: Rotation, change: (part: Provider) => Partial<Provider>): Rotation {
  const { part } = rotation.provider;
  return { ...rotation, provider: { ...rotation.provider, part: { ...part, ...change(part) } } };
}

/** Where a secret may hide in a handle. */
test.each<readonly [string, (text: string) => unknown]>([
  ["as it is", (text) => ({ value: text })],
  ["within a text", (text) => ({ value: `Bearer ${text}` })],
  ["in a list below", (text) => ({ value: "value-1", more: [{ deep: [text] }] })],
  ["as a name", (text) => ({ value: "value-1", [text]: 1 })],
  ["as the whole handle", (text) => text],
])("a handle that holds the minted secret %s is refused, its lease revoked, nothing written", async (_, handleOf) => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), handle: handleOf(secret) }),
      revoke: async (lease, ctx) => part.revoke?.({ ...lease, handle: { value: "value-1" } }, ctx),
    })),
  );
  await scene.run();
  await scene.clock.advance(untilDue);
  const { db } = await scene.run();
  expect(db.outcome).toBe("failed");
  expect(db.reason).toContain(said);
  const error = db.phases.find(({ phase }) => phase === "mint")?.error;
  expect(error).toMatchObject({ code: "ROTATE_MINT_BAD_ANSWER", retryable: false });
  expect(error?.hint).toContain("a handle names the lease");
  expect(scene.held()).toBeUndefined();
  await expectNoLeak([secret], { state: JSON.stringify(await scene.status()), log: scene.logs.join("\n") });
});

test("so is a secret that came before, such as what a login kept", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      login: async (ctx) => ({ key: ctx.secret("key-of-the-login", "key") }),
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), handle: { value: "key-of-the-login" } }),
    })),
  );
  expect((await scene.run()).db.reason).toContain(said);
});

test("a renewal whose handle holds a secret fails and says so, and before the end a new lease is minted", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), renewable: true }),
      renew: async () => ({ expires: { in: hour }, handle: { value: secret } }),
    })),
  );
  await scene.run();
  await scene.clock.advance(untilDue);
  expect((await scene.run()).db).toMatchObject({ outcome: "failed", reason: expect.stringContaining(said) });
  await scene.clock.advance(hour / 4);
  expect((await scene.run()).db.outcome).toBe("rotated");
  await expectNoLeak([secret], { state: JSON.stringify(await scene.status()) });
});

test("a lease that is found with a secret in its handle stays listed, and is told", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, () => ({
      find: async (_, ctx) => ({ expires: { in: hour }, handle: { value: ctx.secret(secret).reveal() } }),
    })),
  );
  failAt(scene, { minted: failing("TIMEOUT") });
  await scene.run();
  const { db } = await scene.run();
  expect(db.warnings?.join()).toContain(said);
  await expectNoLeak([secret], { state: JSON.stringify(await scene.status()) });
});

test("a short text that happens to be a password, too, is taken", async () => {
  const scene = createScene((rotation) =>
    withProvider(rotation, (part) => ({
      login: async (ctx) => ({ key: ctx.secret("value-1", "password") }),
      mint: (request, ctx) => part.mint(request, ctx),
    })),
  );
  expect((await scene.run()).db.outcome).toBe("rotated");
});
