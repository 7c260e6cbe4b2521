/** Programs that misbehave when they are asked to mint. `key` is a secret that they were given. */

/** The error of a call; what is absent may be anything. */
export interface Becomes {
  readonly code?: string;
  readonly message?: RegExp;
  readonly hint?: string;
  readonly retryable?: boolean;
  readonly noEffect?: boolean;
}

/** What it does, how, and what becomes of the call; the last: its time limit, ms. */
export type Hostile = readonly [
  does: string,
  how: string,
  becomes: Becomes | "minted",
  more?: {
    /** ms */
    readonly limit?: number;
    /** The first Node that stops it: told, not stopped, below. */
    readonly node?: number;
  },
];

const notOurs = "a fault of the plugin: docs/plugin-protocol.md says what it may write";
const bad = { code: "BAD_ANSWER", retryable: false, noEffect: false, hint: notOurs };

/** What a program does when it is asked to mint, and what the engine makes of it. */
export const hostilePrograms: readonly Hostile[] = [
  ["writes what is not JSON", `write("minting…\\n")`, { ...bad, message: /not JSON/ }],
  ["writes a list", `write("[1]\\n")`, { ...bad, message: /no JSON object/ }],
  ["writes null", `write("null\\n")`, { ...bad, message: /no JSON object/ }],
  ["begins with a byte order mark", `write("\\ufeff{}\\n")`, { ...bad, message: /not JSON/ }],
  ["writes no UTF-8", `process.stdout.write(Buffer.from([0x22, 0xff, 0x22, 10]))`, { ...bad, message: /UTF-8/ }],
  ["answers another call", `send({ id: 999, ok: minted })`, { ...bad, message: /not open/ }],
  ["answers with its id as text", `send({ id: String(call.id), ok: minted })`, { ...bad, message: /not open/ }],
  ["answers without an id", `send({ ok: minted })`, { ...bad, message: /not open/ }],
  ["answers neither", `send({ id: call.id })`, { ...bad, message: /not one of/ }],
  ["answers both", `send({ id: call.id, ok: minted, error: {} })`, { ...bad, message: /not one of/ }],
  ["answers with a key of its own", `send({ id: call.id, ok: minted, also: 1 })`, { ...bad, message: /key/ }],
  [
    "writes __proto__",
    `write('{"id":' + call.id + ',"ok":{"__proto__":{"x":1}}}\\n')`,
    { ...bad, message: /__proto__/ },
  ],
  [
    "writes constructor",
    `write('{"id":' + call.id + ',"ok":{"constructor":1}}\\n')`,
    { ...bad, message: /constructor/ },
  ],
  [
    "writes 1e400",
    `write('{"id":' + call.id + ',"ok":{"expires":{"in":1e400}}}\\n')`,
    { ...bad, message: /too large/ },
  ],
  ["floods standard output", `for (let i = 0; i < 40; i++) write("x".repeat(65536))`, { ...bad, message: /1 MiB/ }],
  [
    "says an error without a code",
    `send({ id: call.id, error: { message: "no", retryable: false } })`,
    { ...bad, message: /code/ },
  ],
  [
    "says an error with a code of its own",
    `send({ id: call.id, error: { code: "OOPS", message: "no", retryable: false } })`,
    { ...bad, message: /code/ },
  ],
  ["says an error that is a text", `send({ id: call.id, error: "no" })`, { ...bad, message: /no object/ }],
  [
    "mints a number",
    `send({ id: call.id, ok: { fields: { token: 7 }, expires: "never" } })`,
    { ...bad, message: /no text/ },
  ],
  ["mints no fields", `send({ id: call.id, ok: { expires: "never" } })`, { ...bad, message: /fields/ }],
  ["mints without an end", `send({ id: call.id, ok: { fields: minted.fields } })`, { ...bad, message: /expires/ }],
  [
    "mints until a day that is none",
    `send({ id: call.id, ok: { ...minted, expires: "tomorrow" } })`,
    { ...bad, message: /expires/ },
  ],
  ["mints with a key of its own", `send({ id: call.id, ok: { ...minted, more: 1 } })`, { ...bad, message: /key/ }],
  ["ends before it answers", `process.exit(0)`, { code: "FAILED", noEffect: false, message: /exit code 0/ }],
  [
    "fails and says why",
    `console.error("no disk"); process.exit(3)`,
    { code: "FAILED", retryable: false, noEffect: false, message: /exit code 3\): no disk$/ },
  ],
  ["is busy", `process.exit(75)`, { code: "UNAVAILABLE", retryable: true, noEffect: false }],
  ["kills itself", `process.kill(process.pid, "SIGKILL")`, { code: "FAILED", message: /SIGKILL/ }],
  [
    "writes half a line and ends",
    `process.stdout.write('{"id":', () => process.exit(0))`,
    { ...bad, message: /line feed/ },
  ],
  [
    "answers twice",
    `send({ id: call.id, ok: minted }); send({ id: call.id, ok: minted }); setTimeout(() => process.exit(), 2000)`,
    "minted",
  ],
  ["never answers", `if (call.cancel) return`, { code: "TIMEOUT" }, { limit: 1500 }],
  [
    "never answers, and stops at no signal",
    `process.on("SIGTERM", () => {}); for (;;);`,
    { code: "TIMEOUT" },
    { limit: 1500 },
  ],
  [
    "starts children and hangs",
    `if (call.cancel) return; require("node:child_process").spawn("sleep", ["600"])`,
    { code: "TIMEOUT" },
    { limit: 1500 },
  ],
  [
    "says a secret in its message",
    `send({ id: call.id, error: { code: "DENIED", message: "key " + key, retryable: false } })`,
    { code: "DENIED" },
  ],
  [
    "says a secret in its hint",
    `send({ id: call.id, error: { code: "DENIED", message: "no", hint: "key " + key, retryable: false } })`,
    { code: "DENIED" },
  ],
  [
    "says a secret as its code",
    `send({ id: call.id, error: { code: key, message: "no", retryable: false } })`,
    { ...bad, message: /code/ },
  ],
  ["says a secret as a key of its answer", `send({ id: call.id, ok: minted, [key]: 1 })`, { ...bad, message: /key/ }],
  ["prints a secret and dies", `console.error("key " + key); process.exit(1)`, { code: "FAILED" }],
  [
    "prints a secret in base64 and dies",
    `console.error(Buffer.from(key).toString("base64")); process.exit(1)`,
    { code: "FAILED" },
  ],
  ["prints a secret on standard output", `write(key + "\\n")`, { ...bad, message: /not JSON/ }],
  [
    "prints what it minted, and then mints it",
    `console.error("a-token-for-a-test"); send({ id: call.id, ok: minted })`,
    "minted",
  ],
  [
    "says a message of 100 KiB",
    `send({ id: call.id, error: { code: "DENIED", message: "x".repeat(102400), retryable: false } })`,
    { code: "DENIED", message: /left out/ },
  ],
  [
    "floods standard error for as long as it is read",
    `const text = "z".repeat(99) + "\\n"; for (let i = 0; i < 40000; i++) process.stderr.write(text); send({ id: call.id, ok: minted })`,
    "minted",
  ],
  [
    "answers with 20,000 levels of lists",
    `write('{"id":' + call.id + ',"ok":' + "[".repeat(20000) + "]".repeat(20000) + "}\\n")`,
    bad,
  ],
  [
    "closes its output and lives on",
    `if (call.cancel) return; require("node:fs").closeSync(1); setTimeout(() => {}, 60000)`,
    { code: "TIMEOUT" },
    { limit: 1500 },
  ],
  ["closes its input", `process.stdin.destroy(); setTimeout(() => send({ id: call.id, ok: minted }), 200)`, "minted"],
];
