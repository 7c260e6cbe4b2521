import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RotateError, Secret } from "@rotate/plugin-kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRuntime } from "../src/create-runtime.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rotate-exec-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const module = new URL("../src/create-runtime.ts", import.meta.url).href;
const never = new AbortController().signal;
const env = { PATH: process.env["PATH"], KEPT: "kept" };
const { exec, masker } = createRuntime({ env });

async function failure(call: Promise<unknown>): Promise<RotateError> {
  try {
    await call;
  } catch (error) {
    return error as RotateError;
  }
  throw new Error("it did not fail");
}

/** Resolves when the file is there and not empty. */
async function written(path: string): Promise<string> {
  for (;;) {
    const text = existsSync(path) ? await readFile(path, "utf8") : "";
    if (text.endsWith("\n")) return text.trim();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(process.getBuiltinModule("node:fs").readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

test("gives what the command wrote and how it ended; any exit code is an answer", async () => {
  const answer = await exec(["sh", "-c", "echo out; echo err >&2; exit 3"], {}, never);
  expect(answer).toEqual({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
  expect((await exec(["sh", "-c", "kill -TERM $$"], {}, never)).exitCode).toBe(143);
});

test("takes arguments as they are: no shell reads them", async () => {
  const { stdout } = await exec(["printf", "%s", "$(id) `id` ; * 'x'"], {}, never);
  expect(stdout).toBe("$(id) `id` ; * 'x'");
});

test("hands secrets over by stdin and env, and masks them from then on", async () => {
  const init = { stdin: new Secret("by-stdin-1"), env: { TOKEN: new Secret("by-env-22"), KEPT: undefined } };
  const { stdout } = await exec(["sh", "-c", 'cat; echo " $TOKEN ${KEPT-gone}"'], init, never);
  expect(stdout).toBe("by-stdin-1 by-env-22 gone\n");
  expect(masker.mask(stdout)).toBe("[secret] [secret] gone\n");
});

test("a command without input finds its standard input empty", async () => {
  expect((await exec(["cat"], {}, never)).stdout).toBe("");
});

test("a command that does not read its input is judged by its exit code", async () => {
  expect((await exec(["true"], { stdin: "x".repeat(500_000) }, never)).exitCode).toBe(0);
});

test("removes what would make the child load code, skip checks or speak to systemd for us", async () => {
  const dirty = {
    ...env,
    NODE_OPTIONS: "--x",
    LD_PRELOAD: "/x.so",
    NODE_EXTRA_CA_CERTS: "/x",
    BASH_ENV: "/x",
    NOTIFY_SOCKET: "/x",
  };
  const { stdout } = await createRuntime({ env: dirty }).exec(["env"], {}, never);
  expect(stdout).toContain("KEPT=kept");
  expect(stdout).not.toMatch(/NODE_OPTIONS|LD_PRELOAD|NODE_EXTRA|BASH_ENV|NOTIFY/);
});

test("refuses a secret among the arguments, wrapped or revealed, without showing it", async () => {
  const secret = masker.secret("an-argument-secret");
  for (const argument of [secret as unknown as string, `--password=${secret.reveal()}`]) {
    const error = await failure(exec(["/usr/bin/printf", argument], {}, never));
    expect(error).toMatchObject({ code: "INVALID", message: "an argument of printf holds a secret" });
  }
});

test("names a command that is missing, may not be run, or has no directory to run in", async () => {
  expect(await failure(exec(["no-such-command-x", "arg-shown-nowhere"], {}, never))).toMatchObject({
    code: "NOT_FOUND",
    message: "no-such-command-x not found (ENOENT)",
    hint: "install it, or give its full path",
  });
  const script = join(directory, "script");
  await writeFile(script, "#!/bin/sh\n");
  await chmod(script, 0o600);
  expect(await failure(exec([script], {}, never))).toMatchObject({
    code: "INVALID",
    message: "script may not be run (EACCES)",
  });
  const cwd = join(directory, "none");
  const error = await failure(exec(["true"], { cwd }, never));
  expect(error).toMatchObject({ code: "NOT_FOUND", message: `the directory ${cwd} to run true in does not exist` });
});

test("kills the command and all it started when its time is over", async () => {
  const file = join(directory, "pids");
  const script = `sleep 600 & echo "$$ $!" > ${file}; trap "" TERM; wait; sleep 600`;
  const running = failure(exec(["sh", "-c", script], { timeout: 400 }, never));
  const pids = (await written(file)).split(" ").map(Number);
  expect(await running).toMatchObject({ code: "TIMEOUT", retryable: true, message: "sh did not end within 400ms" });
  for (const pid of pids) await gone(pid);
});

test("kills it when the call is stopped, and starts nothing when it was stopped before", async () => {
  const file = join(directory, "pid");
  const controller = new AbortController();
  const running = failure(exec(["sh", "-c", `echo $$ > ${file}; exec sleep 600`], {}, controller.signal));
  const pid = Number(await written(file));
  controller.abort(new Error("shutdown"));
  expect(await running).toMatchObject({ code: "TIMEOUT", message: "stopped sh" });
  await gone(pid);
  const late = join(directory, "late");
  expect(await failure(exec(["touch", late], {}, controller.signal))).toMatchObject({ code: "TIMEOUT" });
  expect(existsSync(late)).toBe(false);
});

test("does not wait for a daemon that the command left behind, nor harm it", async () => {
  const file = join(directory, "pid");
  const { stdout } = await exec(
    ["sh", "-c", `sleep 600 & echo $! > ${file}; echo started`],
    { timeout: 10_000 },
    never,
  );
  expect(stdout).toBe("started\n");
  const pid = Number(await written(file));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid);
});

test("stops a command that floods us", async () => {
  const error = await failure(exec(["yes"], {}, never));
  expect(error).toMatchObject({ code: "BAD_ANSWER", message: "yes wrote more than 1 MiB" });
});

test("lets a command go on whose output only people read, and keeps the last of it", async () => {
  const script =
    "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last; head -c 2000000 /dev/zero >&2; echo >&2; echo why >&2; exit 4";
  const { exitCode, stdout, stderr } = await exec(["sh", "-c", script], { excess: "drop" }, never);
  expect(exitCode).toBe(4);
  expect(stdout).toMatch(/^x+\nlast\n$/);
  expect(stderr.endsWith("\nwhy\n")).toBe(true);
  expect([stdout.length, stderr.length]).toEqual([1024 * 1024, 1024 * 1024]);
});

test("says nothing of a command that it starts, whatever the environment asks of the library that starts it", async () => {
  const program = `const { createRuntime } = await import(${JSON.stringify(module)});
const { exec, masker } = createRuntime();
await exec(["sh", "-c", "cat; echo $TOKEN; echo $TOKEN >&2"], { stdin: "by-stdin-1", env: { TOKEN: "by-env-22" } }, new AbortController().signal);`;
  const child = spawnSync(process.execPath, ["--conditions=rotate:src", "--input-type=module", "-e", program], {
    env: { ...env, NODE_DEBUG: "execa" },
    encoding: "utf8",
  });
  expect(child).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("gives a megabyte whole", async () => {
  const { stdout } = await exec(["head", "-c", String(1024 * 1024), "/dev/zero"], {}, never);
  expect(stdout.length).toBe(1024 * 1024);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

test("leaves no timer behind that would keep this process alive", async () => {
  const before = timers();
  await exec(["true"], {}, never);
  expect(timers()).toBeLessThanOrEqual(before);
});
