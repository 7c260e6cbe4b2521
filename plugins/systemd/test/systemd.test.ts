import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReloadEvent } from "@rotate/plugin-kit";
import { installSystemd, type UnitRecord } from "@rotate/doubles";
import { createFakeClock, createTestContext, reloadContract } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemd } from "../src/systemd.ts";

const unit = "backstage.service";
const event: ReloadEvent = {
  rotation: "backstage-db",
  reason: "rotated",
  fingerprint: "fp-1234",
  expiresAt: "never",
  written: [],
};

/** A stand-in for systemd with one unit in it. */
async function start(changes: Partial<UnitRecord> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "rotate-systemd-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const manager = await installSystemd(directory);
  manager.setUnit(unit, changes);
  const env = { PATH: `${manager.directory}:/usr/bin:/bin` };
  function context(options: object = {}, more: object = {}) {
    const clock = createFakeClock({ autoAdvance: true });
    return createTestContext({ env, clock, ...more, options: { unit, ...options }, schema: systemd.options });
  }
  return {
    manager,
    run: (options?: object, more?: object) => systemd.run(event, context(options, more)),
    check: async (options?: object) => {
      const ctx = context(options);
      await systemd.check?.(ctx);
      return ctx.logs;
    },
  };
}

describe("a reload by systemd (against a stand-in that follows systemctl 252)", () => {
  test("restarts the unit and waits until it is active", async () => {
    const { manager, run } = await start();
    await run();
    expect(manager.unit(unit)).toMatchObject({ invocation: 2, activeState: "active", reloads: 0 });
  });

  test("reloads without restarting when the spec says so", async () => {
    const { manager, run } = await start();
    await run({ action: "reload" });
    expect(manager.unit(unit)).toMatchObject({ invocation: 1, reloads: 1 });
  });

  test("reload-or-restart reloads what can reload and is active, and restarts the rest", async () => {
    const able = await start();
    await able.run({ action: "reload-or-restart" });
    expect(able.manager.unit(unit)).toMatchObject({ invocation: 1, reloads: 1 });
    const unable = await start({ canReload: false });
    await unable.run({ action: "reload-or-restart" });
    expect(unable.manager.unit(unit)).toMatchObject({ invocation: 2, reloads: 0 });
  });

  test("starts a unit that was stopped", async () => {
    const { manager, run } = await start({ activeState: "inactive", subState: "dead" });
    await run();
    expect(manager.unit(unit)?.activeState).toBe("active");
  });

  test("is content with a one-shot that ran to its end", async () => {
    const { run } = await start({ type: "oneshot", activeState: "inactive", subState: "dead" });
    await expect(run()).resolves.toBeUndefined();
  });

  test("fails with the unit's last lines when its job fails", async () => {
    const says = ["listening on 7007", "FATAL: password authentication failed"];
    const { run } = await start({ onStart: "job-fails", says });
    await expect(run()).rejects.toMatchObject({
      code: "FAILED",
      message: `${unit} did not restart: listening on 7007 | FATAL: password authentication failed`,
    });
  });

  test("fails when the unit starts and dies, though systemctl is content", async () => {
    const { run } = await start({ onStart: "dies", says: ["cannot read .env"] });
    await expect(run()).rejects.toMatchObject({
      code: "FAILED",
      message: `${unit} started and died: cannot read .env`,
    });
  });

  test("ends with its time limit when the unit never gets up", async () => {
    const { run } = await start({ onStart: "hangs" });
    await expect(run({}, { timeout: 500 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("says what to do when polkit refuses", async () => {
    const { manager, run } = await start();
    manager.set({ mayManage: false });
    await expect(run()).rejects.toMatchObject({ code: "DENIED", hint: expect.stringContaining("polkit") });
  });

  test("says that it can be tried again when systemd cannot be reached", async () => {
    const { manager, run } = await start();
    manager.set({ running: false });
    await expect(run()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test("speaks to the user's manager when the spec says so", async () => {
    const { manager, run } = await start();
    await run({ scope: "user" });
    expect(manager.calls().every((call) => call.includes("--user") && !call.includes("--system"))).toBe(true);
  });

  test("counts a restart as adopted, what may be a reload only when the spec says so", () => {
    expect(systemd.adopts({ action: "restart" })).toBe(true);
    expect(systemd.adopts({ action: "reload" })).toBe(false);
    expect(systemd.adopts({ action: "reload-or-restart" })).toBe(false);
    expect(systemd.adopts({ action: "reload", adopts: true })).toBe(true);
    expect(systemd.adopts({ action: "restart", adopts: false })).toBe(false);
  });
});

describe("the check of a reload by systemd (against the stand-in)", () => {
  test("passes for a unit that exists, and changes nothing", async () => {
    const { manager, check } = await start();
    expect(await check()).toEqual([]);
    expect(manager.unit(unit)).toMatchObject({ invocation: 1, reloads: 0 });
  });

  test("finds a unit that does not exist before anything is minted", async () => {
    const { check } = await start();
    await expect(check({ unit: "no-such.service" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "the unit no-such.service does not exist",
    });
  });

  test("finds a masked unit, and one that cannot be reloaded", async () => {
    const masked = await start({ loadState: "masked" });
    await expect(masked.check()).rejects.toMatchObject({ code: "INVALID", message: `${unit} is masked` });
    const fixed = await start({ canReload: false });
    await expect(fixed.check({ action: "reload" })).rejects.toMatchObject({ code: "INVALID" });
    await expect(fixed.check({ action: "reload-or-restart" })).resolves.toEqual([]);
  });

  test("warns of a unit that is down and would have to be reloaded", async () => {
    const { check } = await start({ activeState: "inactive" });
    expect(await check({ action: "reload" })).toMatchObject([{ level: "warn" }]);
  });
});

/** The real systemctl, on a machine that it does not run. */
function systemdIsAbsent(): boolean {
  if (existsSync("/run/systemd/system")) return false;
  try {
    execFileSync("systemctl", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!systemdIsAbsent())(
  "the real systemctl, where systemd does not run, is told apart from a failing unit",
  async () => {
    const ctx = createTestContext({ options: { unit }, schema: systemd.options });
    await expect(systemd.check?.(ctx)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  },
);

reloadContract(
  { describe, test },
  {
    reload: systemd,
    start: async () => {
      const { manager } = await start();
      return { manager, options: { unit, stableFor: 0 }, env: { PATH: `${manager.directory}:/usr/bin:/bin` } };
    },
    count: ({ manager }) => (manager.unit(unit)?.invocation ?? 1) - 1,
    refuse: ({ manager }) => manager.setUnit(unit, { onStart: "job-fails", says: ["no"] }),
    hang: ({ manager }) => manager.setUnit(unit, { onStart: "hangs" }),
  },
);
