import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVaultDouble } from "@rotate/doubles";
import { expect, test, vi, type TestContext } from "vitest";
import { freePort, rotate, sceneOf, type Watched } from "./support.ts";

const server = fileURLToPath(new URL("server.mjs", import.meta.url));
const plainServer = fileURLToPath(new URL("plain-server.mjs", import.meta.url));
const patience = { timeout: 40_000, interval: 20 };

test.concurrent("a command gets the credential, not what the spec logs in with, and its exit code is ours", async ({
  onTestFinished,
}) => {
  const folder = sceneOf(
    { onTestFinished },
    "15m",
    `notify: [{ type: http, url: "https://hook.example", secret: { env: HOOK } }]\n`,
  );
  const script = 'echo "${APP_TOKEN%%.*} ${HOOK-none} ${MINE}"; exit 7';
  const one = rotate({ onTestFinished, folder, env: { HOOK: "hush-hush-hush", MINE: "kept" } }, [
    "exec",
    "app",
    "--",
    "sh",
    "-c",
    script,
  ]);
  expect(await one.ended).toBe(7);
  expect(one.out()).toMatch(/^eyJ\S+ none kept\n$/);
});

test.concurrent.for([
  ["there is no such command", ["app", "--", "no-such-command"], 127, /there is no command no-such-command/],
  ["it cannot be run", ["app", "--", "/"], 126, /\/ cannot be run \(EACCES\)/],
  ["a signal ended it", ["app", "--", "sh", "-c", "kill -9 $$"], 137, /^$/],
  ["there is no such rotation", ["ap", "--", "true"], 125, /no rotation is named ap/],
  ["nothing was named to run", ["app"], 125, /a command after --/],
  [
    "a flag is wrong",
    ["app", "--on-rotate", "dance", "--", "true"],
    125,
    /none of none, signal:NAME, restart and swap/,
  ],
  ["nothing tells the new one from the old", ["app", "--on-rotate", "swap", "--", "true"], 125, /swap needs --health/],
  [
    "a port tells nothing of a new one",
    ["app", "--on-rotate", "swap", "--health", "tcp:127.0.0.1:9", "--", "true"],
    125,
    /tells nothing of a new command/,
  ],
  ["a front has no address", ["app", "--port-env", "PORT", "--", "true"], 125, /--port-env needs one --listen/],
  ["too little is left", ["app", "--min-remaining", "20m", "--", "true"], 125, /left, 20m asked for/],
] as const)("the exit code says that %s", async ([, argv, code, words], { onTestFinished }) => {
  const one = rotate({ onTestFinished, folder: sceneOf({ onTestFinished }) }, ["exec", ...argv]);
  expect(await one.ended).toBe(code);
  expect(one.err().replaceAll(/^.* generated a signing key.*\n/gm, "")).toMatch(words);
});

/** Asks without end; gives what went wrong, and who answered. */
function load(port: number, agent: Agent) {
  const [wrong, seen] = [[] as string[], new Set<string>()];
  let over = false;
  async function ask(): Promise<void> {
    if (over) return; // a connection that is opened now would be kept for nobody
    await new Promise<void>((resolve) => {
      const asked = get({ host: "127.0.0.1", port, agent }, (answer) => {
        seen.add(String(answer.headers["rotate-generation"]));
        if (answer.statusCode !== 200) wrong.push(`HTTP ${answer.statusCode}`);
        answer.resume().once("end", resolve);
      });
      asked.once("error", (error) => {
        wrong.push(error.message);
        resolve();
      });
    });
    if (!over) setTimeout(() => void ask(), 5);
  }
  void ask();
  function stop(): readonly string[] {
    over = true;
    return [...wrong];
  }
  return { seen, stop };
}

test.concurrent("a swap on an inherited socket loses no request, neither of new connections nor of kept ones", async ({
  onTestFinished,
}) => {
  const [folder, port] = [sceneOf({ onTestFinished }, "5s"), await freePort()];
  const address = `127.0.0.1:${port}`;
  const health = ["--health", `http://${address}/`, "--listen", `web=${address}`];
  const one = rotate({ onTestFinished, folder }, [
    "exec",
    "app",
    "--on-rotate",
    "swap",
    ...health,
    "--",
    process.execPath,
    server,
  ]);
  await vi.waitUntil(() => one.out().includes("1-"), patience);
  const kept = new Agent({ keepAlive: true });
  const loads = [new Agent(), new Agent(), kept, kept].map((agent) => load(port, agent));
  await vi.waitUntil(() => /^2-\w+ ends$/m.test(one.out()), patience);
  const wrong = loads.flatMap(({ stop }) => stop());
  kept.destroy();
  expect(wrong).toEqual([]);
  for (const { seen } of loads) expect(seen.size).toBeGreaterThanOrEqual(2);
  expect(one.out()).toMatch(/^1-\w+ listens for true$/m);
  one.child.kill("SIGTERM");
  expect(await one.ended).toBe(0);
});

test.concurrent("behind a front a server that only knows a port is swapped without a lost request", async ({
  onTestFinished,
}) => {
  const [folder, port] = [sceneOf({ onTestFinished }, "5s"), await freePort()];
  const address = `127.0.0.1:${port}`;
  const flags = ["--on-rotate", "swap", "--listen", address, "--port-env", "PORT", "--health", `http://${address}/`];
  const one = rotate({ onTestFinished, folder }, ["exec", "app", ...flags, "--", process.execPath, plainServer]);
  await vi.waitUntil(() => one.out().includes("1-"), patience);
  const kept = new Agent({ keepAlive: true });
  const loads = [new Agent(), kept].map((agent) => load(port, agent));
  await vi.waitUntil(() => /^2-\w+ ends$/m.test(one.out()), patience);
  const wrong = loads.flatMap(({ stop }) => stop());
  kept.destroy();
  expect(wrong).toEqual([]);
  for (const { seen } of loads) expect(seen.size).toBeGreaterThanOrEqual(2);
  one.child.kill("SIGTERM");
  expect(await one.ended).toBe(0);
});

test.concurrent("a new command that is not healthy is ended, the old one stays, and its answers do not count", async ({
  onTestFinished,
}) => {
  const [folder, port] = [sceneOf({ onTestFinished }, "5s"), await freePort()];
  const address = `127.0.0.1:${port}`;
  const flags = ["--on-rotate", "swap", "--health", `http://${address}/`, "--health-within", "6s", "--listen", address];
  const one = rotate({ onTestFinished, folder, env: { BROKEN_AFTER: "1" } }, [
    "exec",
    "app",
    ...flags,
    "--",
    process.execPath,
    server,
  ]);
  await vi.waitUntil(() => one.err().includes("reload-owed"), patience);
  expect(one.err()).toMatch(/the new command is not healthy: .*; the old command stays/);
  expect(one.out()).toMatch(/^2-\w+ ends$/m);
  expect(one.out()).not.toMatch(/^1-\w+ ends$/m);
  await vi.waitUntil(
    async () => {
      const asked = rotate({ onTestFinished, folder }, ["status", "--json"]);
      await asked.ended;
      return asked.out().includes("the old command stays");
    },
    { timeout: 20_000, interval: 300 },
  );
  one.child.kill("SIGTERM");
  expect(await one.ended).toBe(0);
});

test.concurrent("told to end in the middle of a swap, it leaves no command behind", async ({ onTestFinished }) => {
  const folder = sceneOf({ onTestFinished }, "5s");
  const command = 'trap "" HUP; echo $$ >> pids; exec sleep 600';
  const flags = ["--on-rotate", "swap", "--health", "exec:test $ROTATE_GENERATION = none", "--health-within", "1h"];
  const one = rotate({ onTestFinished, folder }, ["exec", "app", ...flags, "--", "sh", "-c", command]);
  const pids = (): readonly number[] => readFileSync(join(folder, "pids"), "utf8").trim().split("\n").map(Number);
  await vi.waitUntil(() => readdirSync(folder).includes("pids") && pids().length === 2, patience);
  one.child.kill("SIGTERM");
  expect(await one.ended).toBe(143);
  for (const pid of pids()) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test.concurrent("a signal tells the command to read its directory again, which holds the new value and is gone afterwards", async ({
  onTestFinished,
}) => {
  const folder = sceneOf({ onTestFinished }, "5s");
  const script = `
    show() { cksum < "$CREDENTIALS_DIRECTORY/APP_TOKEN"; }
    trap 'echo again; show' HUP
    echo "at $CREDENTIALS_DIRECTORY \${APP_TOKEN-none}"; show
    while :; do sleep 0.1; done`;
  const flags = ["--on-rotate", "signal:HUP", "--credentials-directory"];
  const one = rotate({ onTestFinished, folder }, ["exec", "app", ...flags, "--", "sh", "-c", script]);
  await vi.waitUntil(() => /again\n\d/.test(one.out()), patience);
  const [, directory = ""] = /^at (\S+) none$/m.exec(one.out()) ?? [];
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, "APP_TOKEN")).mode & 0o777).toBe(0o600);
  const sums = one.out().match(/^\d+ \d+$/gm) ?? [];
  expect(new Set(sums).size).toBe(sums.length);
  one.child.kill("SIGTERM");
  expect(await one.ended).toBe(143);
  expect(() => statSync(directory)).toThrow("ENOENT");
});

/** Two rotations of a Vault whose leases can be revoked. */
async function jobsOfVault({ onTestFinished }: Pick<TestContext, "onTestFinished">) {
  const vault = await createVaultDouble({
    policies: { app: { "database/creds/*": ["read"], "sys/leases/revoke": ["update"] } },
    tokens: [{ id: "hvs.app-token", ttl: 36_000_000, policies: ["app"] }],
    engines: { database: { type: "database", roles: { app: { ttl: 3_600_000, maxTtl: 7_200_000 } } } },
  });
  onTestFinished(vault.close);
  const folder = sceneOf({ onTestFinished });
  const rotation = `provider: db, request: { path: database/creds/app, fields: { user: username } }, sinks: [{ type: env, values: { USER: "{{ user }}" } }], overlap: { grace: 0s }`;
  const provider = `db: { type: vault, address: "${vault.url}", auth: { method: token, token: { env: VAULT } } }`;
  const spec = `version: 1\nstateDir: state\nproviders: { ${provider} }\nrotations:\n  a: { ${rotation} }\n  b: { ${rotation} }\n`;
  writeFileSync(join(folder, "rotate.yaml"), spec);
  // In a group of its own: what other tests start beside it cannot be told from what the command started.
  const run = (...argv: readonly string[]): Watched =>
    rotate({ onTestFinished, folder, env: { VAULT: "hvs.app-token" }, detached: true }, argv);
  return { run, folder, users: vault.databaseUsers };
}

test.concurrent("what a job was given is revoked when it is over, and its exit code stays its own", async ({
  onTestFinished,
}) => {
  const { run, users } = await jobsOfVault({ onTestFinished });
  const job = run("exec", "a", "--revoke-on-exit", "--", "sh", "-c", 'echo "$USER"; exit 3');
  expect(await job.ended).toBe(3);
  expect(job.out()).toMatch(/^v-\S+\n$/);
  expect(users()).toEqual([]);
});

/** The user of `a` that a command was given, and whether the next rotations leave it alone. */
async function isLeft(given: Watched, { run, users }: Awaited<ReturnType<typeof jobsOfVault>>): Promise<boolean> {
  const user = given.out().trim();
  expect(users()).toContain(user);
  expect(await run("run", "--force", "a").ended).toBe(0);
  expect(await run("run").ended).toBe(0);
  return users().includes(user);
}

test.concurrent("what a job was given is revoked once a later one is in use, as the job is over", async (own) => {
  const jobs = await jobsOfVault(own);
  const job = jobs.run("exec", "a", "--", "sh", "-c", 'echo "$USER"');
  expect(await job.ended).toBe(0);
  expect(await isLeft(job, jobs)).toBe(false);
});

test.concurrent.for([
  ["in its own session", 'echo "$USER"; setsid sleep 60 >/dev/null 2>&1 & echo $! >pid; sleep 0.2'],
  ["without its environment", 'echo "$USER"; env -i sleep 60 >/dev/null 2>&1 & echo $! >pid; sleep 0.2'],
] as const)("what a job left running %s keeps what it was given", async ([, script], own) => {
  const jobs = await jobsOfVault(own);
  const job = jobs.run("exec", "a", "--", "sh", "-c", script);
  expect(await job.ended).toBe(0);
  const left = Number(readFileSync(join(jobs.folder, "pid"), "utf8"));
  own.onTestFinished(() => void process.kill(left));
  expect(await isLeft(job, jobs)).toBe(true);
});

test.concurrent("what a command was given whose rotate was killed stays pinned to its end", async (own) => {
  const jobs = await jobsOfVault(own);
  const job = jobs.run("exec", "a", "--", "sh", "-c", 'echo $$ >pid; echo "$USER"; exec sleep 60 >/dev/null 2>&1');
  await vi.waitUntil(() => job.out().endsWith("\n"), patience);
  job.child.kill("SIGKILL");
  await job.ended;
  process.kill(Number(readFileSync(join(jobs.folder, "pid"), "utf8")));
  expect(await isLeft(job, jobs)).toBe(true);
});

test.concurrent("what a command had before it was started anew is revoked while the new one runs", async (own) => {
  const jobs = await jobsOfVault(own);
  const job = jobs.run("exec", "a", "--on-rotate", "restart", "--", "sh", "-c", 'echo "$USER"; exec sleep 60');
  await vi.waitUntil(() => job.out().endsWith("\n"), patience);
  const [first] = job.out().split("\n");
  expect(await jobs.run("run", "--force", "a").ended).toBe(0);
  await vi.waitUntil(() => job.out().trim().split("\n").length === 2, patience);
  const [, second] = job.out().trim().split("\n");
  await vi.waitUntil(async () => (await jobs.run("run").ended) === 0 && !jobs.users().includes(first!), {
    timeout: 40_000,
    interval: 500,
  });
  expect(jobs.users()).toContain(second);
});

test.concurrent("two rotations for one variable are refused before anything is minted, and --all revokes what every one has in use", async ({
  onTestFinished,
}) => {
  const { run, users } = await jobsOfVault({ onTestFinished });
  const both = run("exec", "a", "b", "--", "true");
  expect(await both.ended).toBe(125);
  expect(both.err()).toContain("both a and b name the variable USER");
  expect(users()).toEqual([]);
  expect(await run("run").ended).toBe(0);
  expect(users()).toHaveLength(2);
  const asked = run("revoke", "--all");
  expect([await asked.ended, users().length]).toEqual([2, 2]);
  const all = run("revoke", "--all", "--yes");
  expect(await all.ended).toBe(0);
  expect(all.out()).toMatch(/^a {2}rotate-\w+ {2}revoked\nb {2}rotate-\w+ {2}revoked\n$/);
  expect(users()).toEqual([]);
});
