import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFakeClock } from "@rotate/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { hasProc } from "../src/proc.ts";
import { signalReload } from "../src/signal.ts";
import { contextFor, event, freshDirectory } from "./support/call.ts";

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill("SIGKILL")));

const noProc = hasProc() ? false : "this system has no /proc";
const notRoot = process.getuid?.() === 0 ? false : "only root can start processes of other users";

/** A consumer that says which signals it got. */
async function consumer(uid?: number) {
  const lines = [
    "process.on('SIGHUP', () => console.log('SIGHUP'))",
    "process.on('SIGUSR2', () => console.log('SIGUSR2'))",
  ];
  const code = [...lines, "console.log('ready')", "setInterval(() => {}, 1000)"].join("; ");
  const child = spawn(process.execPath, ["-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  started.push(child);
  const next = async (): Promise<string> => String((await once(child.stdout, "data"))[0]).trim();
  expect(await next()).toBe("ready");
  return { child, pid: Number(child.pid), next };
}

async function pidFileOf(pid: number | string): Promise<string> {
  const path = join(await freshDirectory(), "app.pid");
  await writeFile(path, `${pid}\n`);
  return path;
}

/** Time passes only when the reload sleeps. */
function context(options: object) {
  return contextFor(signalReload, options, { clock: createFakeClock({ autoAdvance: true }) });
}
function run(options: object) {
  return signalReload.run(event, context(options));
}

describe("a reload by signal", () => {
  test("sends SIGHUP to the process that the pid file names", async () => {
    const app = await consumer();
    const got = app.next();
    await run({ pidFile: await pidFileOf(app.pid) });
    expect(await got).toBe("SIGHUP");
  });

  test("sends another signal when the spec says so, and reads only the first line of the file", async () => {
    const app = await consumer();
    const got = app.next();
    await run({ pidFile: await pidFileOf(`${app.pid}\n/var/lib/postgresql/data`), signal: "SIGUSR2" });
    expect(await got).toBe("SIGUSR2");
  });

  test("reads the pid file anew each time, so that a restarted consumer is found", async () => {
    const [first, second] = [await consumer(), await consumer()];
    const pidFile = await pidFileOf(first.pid);
    const gotFirst = first.next();
    await run({ pidFile });
    expect(await gotFirst).toBe("SIGHUP");
    await writeFile(pidFile, `${second.pid}\n`);
    const gotSecond = second.next();
    await run({ pidFile });
    expect(await gotSecond).toBe("SIGHUP");
  });

  test("waits for a pid file that is just being written", async () => {
    const app = await consumer();
    const pidFile = await pidFileOf("");
    const got = app.next();
    const ctx = context({ pidFile });
    const late = { ...ctx, sleep: () => writeFile(pidFile, `${app.pid}\n`) };
    await signalReload.run(event, late);
    expect(await got).toBe("SIGHUP");
  });

  test("fails, retryable, when there is no pid file or its process is gone", async () => {
    const app = await consumer();
    const pidFile = await pidFileOf(app.pid);
    app.child.kill("SIGKILL");
    await once(app.child, "exit");
    await expect(run({ pidFile })).rejects.toMatchObject({ code: "NOT_FOUND", retryable: true });
    await expect(run({ pidFile: `${pidFile}.none` })).rejects.toMatchObject({ code: "NOT_FOUND", retryable: true });
  });

  test("lets a stopped consumer be when the spec says that it reads the credential at its start", async () => {
    const ctx = context({ pidFile: join(await freshDirectory(), "none.pid"), stopped: "ignore" });
    await signalReload.run(event, ctx);
    expect(ctx.logs).toMatchObject([{ level: "warn", message: "nothing to signal" }]);
  });

  test("never counts as adopted", () => {
    expect(signalReload.adopts({ pidFile: "/run/app.pid" })).toBe(false);
  });

  test.each(["0", "-1", "1 2", "abc", "99999999999", "1e3", "0x10"])("refuses %j as a process id", async (text) => {
    await expect(run({ pidFile: await pidFileOf(text) })).rejects.toMatchObject({ code: "INVALID" });
  });

  test("refuses to signal rotate itself", async () => {
    await expect(run({ pidFile: await pidFileOf(process.pid) })).rejects.toThrow("names rotate itself");
  });

  test("refuses a pid file that is a link, a directory, or writable by everybody", async () => {
    const app = await consumer();
    const pidFile = await pidFileOf(app.pid);
    await symlink(pidFile, `${pidFile}.link`);
    await expect(run({ pidFile: `${pidFile}.link` })).rejects.toThrow("symbolic link");
    await expect(run({ pidFile: join(pidFile, "..") })).rejects.toMatchObject({ code: "INVALID" });
    await chmod(pidFile, 0o666);
    await expect(run({ pidFile })).rejects.toThrow("can be written by everybody");
  });
});

describe.skipIf(noProc)("the process behind a pid", () => {
  test("is not signalled when it started after the pid file was written: the pid was reused", async () => {
    const app = await consumer();
    const pidFile = await pidFileOf(app.pid);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(pidFile, longAgo, longAgo);
    await expect(run({ pidFile })).rejects.toThrow("the pid was reused");
  });

  test("is not signalled under another name than the spec gives", async () => {
    const app = await consumer();
    const pidFile = await pidFileOf(app.pid);
    await expect(run({ pidFile, command: "nginx" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const got = app.next();
    await run({ pidFile, command: "node" });
    expect(await got).toBe("SIGHUP");
  });

  test.skipIf(notRoot)("is not signalled when the pid file belongs to a user other than root and its own", async () => {
    const app = await consumer();
    const pidFile = await pidFileOf(app.pid);
    await chown(pidFile, 65534, 65534);
    await expect(run({ pidFile })).rejects.toMatchObject({ code: "DENIED" });
  });

  test.skipIf(notRoot)("is signalled when root wrote the pid file and the consumer gave up its rights", async () => {
    const app = await consumer(65534);
    const got = app.next();
    await run({ pidFile: await pidFileOf(app.pid) });
    expect(await got).toBe("SIGHUP");
  });
});

describe("the check of a reload by signal", () => {
  test("passes for a running consumer without sending anything", async () => {
    const app = await consumer();
    const ctx = context({ pidFile: await pidFileOf(app.pid) });
    await signalReload.check?.(ctx);
    expect(ctx.logs).toEqual([]);
  });

  test("only warns when the consumer is down, so that its credential stays fresh", async () => {
    const ctx = context({ pidFile: "/no/such/app.pid" });
    await signalReload.check?.(ctx);
    expect(ctx.logs).toMatchObject([{ level: "warn", message: "the consumer is not running now" }]);
  });

  test("fails for a pid file that cannot be trusted", async () => {
    await expect(signalReload.check?.(context({ pidFile: await pidFileOf("abc") }))).rejects.toMatchObject({
      code: "INVALID",
    });
  });
});
