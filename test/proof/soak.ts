/**
 * Many rotations under one `rotate watch`, which is killed in between: nothing is lost, and nothing is minted twice but what a kill cut off.
 * `npm run proof:soak -- [--rotations 10000] [--resting 0] [--life 360] [--minutes 6] [--kills 2] [--failing 0] [--seed 1]`: of 10,000 tokens that live some six minutes 42 fall due a second.
 * `--resting`: so many more live half a day. `--failing`: the share whose key cannot be had. On a machine with less time than that takes, none may lose the token that it had: some never get one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { dueTimes, latenesses } from "../bench/daemon.ts";
import { packedCommandLine } from "../support/packed.ts";
import { drawnBy } from "../../packages/cli/src/week/drawn.ts";

const { values } = parseArgs({
  options: {
    rotations: { type: "string", default: "10000" },
    resting: { type: "string", default: "0" },
    life: { type: "string", default: "360" },
    minutes: { type: "string", default: "6" },
    kills: { type: "string", default: "2" },
    failing: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
  },
});
const [busy, resting, life, minutes, kills, failing] = [
  values.rotations,
  values.resting,
  values.life,
  values.minutes,
  values.kills,
  values.failing,
].map(Number) as [number, number, number, number, number, number];
const rotations = busy + resting;
const second = 1_000;
const perFolder = 1_000;

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

function isFailing(index: number): boolean {
  return (index % 100) / 100 < failing;
}

const halfADay = 12 * 60 * 60;

/** Seconds. Those of the busy ones differ by up to a quarter, so that what was minted together does not fall due together. */
function lifeOf(index: number): number {
  return index < busy ? Math.round(life * (0.75 + (0.5 * index) / busy)) : halfADay;
}

function placeOf(index: number): string {
  return `${Math.floor(index / perFolder)}/${index}.jwt`;
}

function writeSpec(folder: string): string {
  for (let index = 0; index < rotations; index += perFolder)
    mkdirSync(join(folder, String(index / perFolder)), { mode: 0o700 });
  const issuer = { type: "jwt", issuer: "https://soak.example" };
  const entries = Array.from({ length: rotations }, (_, index) => [
    `r${index}`,
    {
      provider: isFailing(index) ? "broken" : "local",
      request: { subject: `r${index}`, ttl: `${lifeOf(index)}s` },
      sinks: [{ type: "file", path: placeOf(index), values: { content: "{{ token }}" } }],
    },
  ]);
  const providers = {
    local: { ...issuer, key: { path: "key.pem" } },
    broken: { ...issuer, key: { value: { env: "NO_SUCH_KEY" } } },
  };
  const file = join(folder, "soak.json");
  writeFileSync(file, JSON.stringify({ version: 1, name: "soak", providers, rotations: Object.fromEntries(entries) }));
  return file;
}

function watch(folder: string, spec: string): ChildProcess {
  const log = openSync(join(folder, "log"), "a");
  const env = { PATH: process.env["PATH"], HOME: folder, ROTATE_STATE_DIR: join(folder, "state") };
  const argv = [packedCommandLine().entry, "watch", "-f", spec, "--log-level", "warn"];
  return spawn(process.execPath, argv, { cwd: folder, env, stdio: ["ignore", log, log] });
}

interface Mint {
  readonly rotation: string;
  readonly at: number;
}

/** How often the journal tells of such a record, by rotation. */
function countOf(type: "intent" | "settled", folder: string): ReadonlyMap<string, number> {
  const database = new DatabaseSync(join(folder, "state/soak/state.db"), { readOnly: true });
  const rows = database
    .prepare("select rotation, count(*) as count from journal where record like ? group by rotation")
    .all(`{"type":"${type}"%`);
  database.close();
  return new Map(rows.map(({ rotation, count }) => [String(rotation), Number(count)]));
}

function mintsIn(folder: string): number {
  return [...countOf("intent", folder).values()].reduce((total, count) => total + count, 0);
}

/** Seconds until the token in the file of a rotation ends; undefined: there is none. */
function leftOf(folder: string, index: number): number | undefined {
  try {
    const [, claims = ""] = readFileSync(join(folder, placeOf(index)), "utf8").split(".");
    const { exp, sub } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp: number; sub: string };
    return sub === `r${index}` ? exp - Date.now() / second : undefined;
  } catch {
    return undefined;
  }
}

/** Mints that came too soon after another of the same rotation: by the schedule they are 0.6 lives apart. */
interface Early {
  /** The one before had come to nothing: a kill cut it off, or it was asked to stop. */
  readonly cutOff: number;
  /** The one before was settled: one too many. */
  readonly twice: number;
}

/** ms: what follows a mint of the rotation sooner than this came too soon. */
function leastOf(rotation: string): number {
  return lifeOf(Number(rotation.slice(1))) * second * 0.45;
}

function earlyMints(folder: string): Early {
  const database = new DatabaseSync(join(folder, "state/soak/state.db"), { readOnly: true });
  const rows = database
    .prepare(
      "select rotation, at, json_extract(record, '$.type') as type from journal where type in ('intent', 'settled') order by rotation, seq",
    )
    .all() as unknown as readonly (Mint & { readonly type: string })[];
  database.close();
  const last = new Map<string, { readonly at: number; readonly isSettled: boolean }>();
  const found = { cutOff: 0, twice: 0 };
  for (const { rotation, at, type } of rows) {
    const before = last.get(rotation);
    if (type === "settled") {
      if (before) last.set(rotation, { ...before, isSettled: true });
      continue;
    }
    if (before !== undefined && at - before.at < leastOf(rotation)) found[before.isSettled ? "twice" : "cutOff"]++;
    last.set(rotation, { at, isSettled: false });
  }
  return found;
}

/** Waits, and tells how late the second half of that time found those that fell due. */
async function waitAndLook(folder: string, milliseconds: number): Promise<void> {
  const state = join(folder, "state/soak/state.db");
  await setTimeout(milliseconds / 2);
  const [dues, from] = [dueTimes(state), Date.now()];
  await setTimeout(milliseconds / 2);
  const late = latenesses(state, dues, { from, to: Date.now() - 5 * second });
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => late[Math.ceil(late.length * part) - 1]);
  say(`${late.length} fell due meanwhile: ${p50} ms late in the middle, p99 ${p99} ms, ${most} ms at most`);
}

async function soak(folder: string): Promise<boolean> {
  const spec = writeSpec(folder);
  const random = drawnBy(Number(values.seed));
  const part = (minutes * 60 * second) / (kills + 1);
  let daemon = watch(folder, spec);
  for (let kill = 0; kill <= kills; kill++) {
    await waitAndLook(folder, part * (kill === kills ? 1 : 0.5 + random()));
    if (daemon.exitCode !== null) throw new Error(`the daemon ended: see ${join(folder, "log")}`);
    const status = readFileSync(`/proc/${daemon.pid}/status`, "utf8");
    say(
      `${mintsIn(folder)} mints so far, ${/VmRSS:\s*(.*)/.exec(status)?.[1]} resident; ${kill < kills ? "killed" : "asked to stop"}`,
    );
    daemon.kill(kill < kills ? "SIGKILL" : "SIGTERM");
    await once(daemon, "exit");
    if (kill < kills) daemon = watch(folder, spec);
  }
  const healthy = Array.from({ length: rotations }, (_, index) => index).filter((index) => !isFailing(index));
  const had = countOf("settled", folder);
  const reached = healthy.filter((index) => had.has(`r${index}`));
  const lost = reached.filter((index) => (leftOf(folder, index) ?? 0) <= 0);
  const { cutOff, twice } = earlyMints(folder);
  const never = healthy.length - reached.length;
  if (lost.length > 0) say(`lost: ${lost.map((index) => `r${index}`).join(" ")}`);
  const isKept = never === 0 && lost.length === 0 && twice === 0;
  say(
    `${healthy.length} healthy rotations, ${mintsIn(folder)} mints: ${never} never had a token, ${lost.length} had one and have none that lives, ${twice} minted again though they were settled, ${cutOff} because a kill had cut them off`,
  );
  return isKept;
}

const folder = mkdtempSync(join(tmpdir(), "rotate-soak-"));
say(
  `seed ${values.seed}: ${rotations} rotations, ${failing * 100} % failing, lives of some ${life} s (${resting} of 12 h), ${minutes} minutes, ${kills} kills`,
);
const isKept = await soak(folder);
if (isKept) rmSync(folder, { recursive: true, force: true });
else say(`left for a look: ${folder}`);
process.exit(isKept ? 0 : 1);
