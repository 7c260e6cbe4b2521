import type { LeaseTerms } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import { intentOf } from "../backend/contract.ts";
import { createScene, failAt, failing, hour, minute, untilDue } from "../engine/support.ts";
import type { HistoryReport } from "../../src/history-report.ts";
import type { Scene } from "../engine/support.ts";

function history(scene: Scene, options?: { readonly name?: string; readonly limit?: number }): Promise<HistoryReport> {
  return scene.ask((engine) => engine.history(options));
}

/** What happened beside the attempts and the changes of standing, newest first. */
async function happened(scene: Scene): Promise<HistoryReport["events"]> {
  return (await history(scene)).events.filter(({ type }) => type !== "standing-changed");
}

async function told(scene: Scene): Promise<readonly string[]> {
  return (await happened(scene)).map(({ type }) => type);
}

async function rotateTwice(scene: Scene): Promise<void> {
  await scene.run();
  await scene.clock.advance(untilDue);
  await scene.run();
  await scene.clock.advance(6 * minute);
}

test("a revocation is told as it happens, and stands in history", async () => {
  const scene = createScene();
  await rotateTwice(scene);
  await scene.run();
  expect(scene.events).toContainEqual({ type: "lease-revoked", rotation: "db", lease: expect.any(String) });
  expect(await happened(scene)).toEqual([
    expect.objectContaining({ type: "lease-revoked", message: expect.stringMatching(/^lease \S+ was revoked$/) }),
  ]);
});

test("one that fails is told each time, with why", async () => {
  const scene = createScene();
  await rotateTwice(scene);
  failAt(scene, { revoke: failing("UNAVAILABLE") });
  await scene.run();
  await scene.clock.advance(hour / 6);
  await scene.run();
  expect(await told(scene)).toEqual(["revoke-failed", "revoke-failed"]);
  expect((await happened(scene))[0]?.message).toMatch(/could not be revoked: .*it is unavailable/);
});

test("what a person revokes is told as well", async () => {
  const scene = createScene();
  await scene.run();
  await scene.ask((engine) => engine.revoke("db"));
  expect(await told(scene)).toEqual(["lease-revoked"]);
});

test("an attempt that was cut off is told by the next process", async () => {
  const scene = createScene();
  await scene.run();
  await scene.ask(async (engine) => {
    const claim = await engine.parts().deps.claims.byName("db");
    await claim!.append([intentOf("l1")]);
    await claim!.settle();
  });
  await scene.run();
  expect(await told(scene)).toEqual(["attempt-killed"]);
  expect((await happened(scene))[0]?.message).toBe("an attempt was cut off: its process ended");
});

test("a renewal is told, and one that fails stands in history although a new lease took its place", async () => {
  let renewals = 0;
  const scene = createScene((rotation, { hook }) => {
    const { part } = rotation.provider;
    async function renew(): Promise<LeaseTerms> {
      await hook("renew");
      if (++renewals > 1) throw failing("DENIED", { retryable: false });
      return { expires: { in: hour }, renewable: true };
    }
    const mint: typeof part.mint = async (request, ctx) => ({ ...(await part.mint(request, ctx)), renewable: true });
    return { ...rotation, provider: { ...rotation.provider, part: { ...part, mint, renew } } };
  });
  await scene.run();
  for (let times = 0; times < 2; times++) {
    await scene.clock.advance(untilDue);
    await scene.run();
  }
  expect(scene.events.map(({ type }) => type).filter((type) => /^(lease-renewed|renew-failed)$/.test(type))).toEqual([
    "lease-renewed",
    "renew-failed",
  ]);
  const { attempts } = await history(scene);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(["rotated", "renewed", "rotated"]);
  expect(await happened(scene)).toMatchObject([{ type: "renew-failed", error: { code: "ROTATE_RENEW_DENIED" } }]);
});

test("history of one rotation has nothing of another, and no more than was asked for", async () => {
  const scene = createScene();
  await rotateTwice(scene);
  await scene.run();
  expect((await history(scene, { name: "other" })).events).toEqual([]);
  expect((await history(scene, { limit: 0 })).events).toEqual([]);
});
