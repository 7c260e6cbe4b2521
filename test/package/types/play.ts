/** Plays the table with the package, and notes which of its modules were loaded. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { RunReport } from "@rotate/core";
import { createGithubDouble, listen, postgresUnavailable, startPostgres } from "@rotate/doubles";
import { packedCommandLine } from "../../support/packed.ts";
import { secret } from "./files.ts";
import { layOut, type Stage } from "./stage.ts";

const { entry, installed } = packedCommandLine();
const recorder = join(import.meta.dirname, "..", "record-modules.mjs");

export interface Played {
  /** How each row ended: `rotated`, or the code and message of the first phase that failed. */
  readonly ends: ReadonlyMap<string, string>;
  /** What the other commands said, by their words. */
  readonly said: ReadonlyMap<string, Ended>;
  /** The files of the package that some command loaded. */
  readonly loaded: ReadonlySet<string>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Commands that use what no rotation does. */
const others: readonly string[] = [
  "status",
  "credential sink-env --format env",
  "validate -f nested.yaml",
  "validate -f wrong.yaml",
  "explain ROTATE_MINT_DENIED",
];

/** A `run` of each spec of the table, then the other commands; nothing of it is left behind. @param node the Node that it is played with */
export async function play(node: string): Promise<Played> {
  await using stack = new AsyncDisposableStack();
  const consumers = await startConsumers(stack);
  const stage = layOut(consumers);
  stack.defer(() => rmSync(stage.folder, { recursive: true, force: true }));
  const records = mkdtempSync(join(tmpdir(), "rotate-records-"));
  stack.defer(() => rmSync(records, { recursive: true, force: true }));

  const reports = await Promise.all(
    // Too short for the second try of a turn, which comes 30 seconds after the first began.
    ["run -f rotate.json --json --timeout 5m", "run -f turn.json --json --timeout 28s"].map((words) =>
      run(words, { node, stage, records }),
    ),
  );
  const said = new Map<string, Ended>();
  for (const words of others) said.set(words, await run(words, { node, stage, records }));
  if (postgresUnavailable() === undefined) await playShared({ node, stage, records }, said, stack);
  const notified = { ...stage, env: { ...stage.env, NOTIFY_SOCKET: join(stage.folder, "notify.sock") } };
  const watched = await run("watch -f watched.yaml --listen 0", {
    node,
    stage: notified,
    records,
    until: "app: rotated",
    async meanwhile(told) {
      for (const path of ["/", "/metrics", "/api/v1/rotations/app"]) said.set(`GET ${path}`, await get(told, path));
      said.set("status app", await run("status app -f watched.yaml", { node, stage, records }));
      const words = "status --watch --json -f watched.yaml";
      said.set(words, await run(words, { node, stage, records, until: "app", from: "stdout" }));
    },
  });
  said.set("watch", watched);
  return { ends: new Map(reports.flatMap((report) => [...endsOf(report)])), said, loaded: loadedIn(records) };
}

/** Key, preparation, a run and a look, on a server that several machines could share. */
async function playShared(place: Place, said: Map<string, Ended>, stack: AsyncDisposableStack): Promise<void> {
  const { host, port, superuser, password, close } = await startPostgres();
  stack.defer(close);
  const env = { ...place.stage.env, SHARED_URL: `postgres://${superuser}:${password}@${host}:${port}/postgres` };
  const stage = { ...place.stage, env };
  const key = await run("state key", { ...place, stage });
  writeFileSync(join(stage.folder, "shared.key"), key.stdout, { mode: 0o600 });
  for (const words of ["state init", "run", "status"])
    said.set(`${words} on a shared state`, await run(`${words} -f shared.yaml`, { ...place, stage }));
}

interface Place {
  readonly node: string;
  readonly stage: Stage;
  readonly records: string;
  /** It is told to end when it has said so, and `meanwhile` is over, which gets what it said. */
  readonly until?: string;
  /** Where it says so. Default: stderr. */
  readonly from?: "stdout";
  readonly meanwhile?: (told: string) => Promise<void>;
}

async function run(
  words: string,
  { node, stage: { folder, env }, records, until, from, meanwhile }: Place,
): Promise<Ended> {
  const record = join(records, `${randomUUID()}.json`);
  const child = spawn(node, [`--import=${recorder}`, entry, ...words.split(" ")], {
    cwd: folder,
    env: { ...env, ROTATE_FILE: "rotate.json", RECORD_MODULES: record },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ending =
    until === undefined
      ? undefined
      : saying(from === "stdout" ? child.stdout : child.stderr, until)
          .then(meanwhile)
          .finally(() => child.kill());
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  await ending;
  return { code, stdout, stderr };
}

/** All that was said when it says this. */
function saying(stream: Readable, words: string): Promise<string> {
  return new Promise((resolve) => {
    let told = "";
    stream.on("data", (chunk: Buffer) => {
      told += chunk.toString();
      if (told.includes(words)) resolve(told);
    });
    stream.once("close", () => resolve(told));
  });
}

/** Asks the server whose address stands in what was told. */
async function get(told: string, path: string): Promise<Ended> {
  const [url = ""] = /http:\/\/[\d.:]+/.exec(told) ?? [];
  const answer = await fetch(`${url}${path}`);
  return { code: answer.status, stdout: await answer.text(), stderr: "" };
}

const rights = { secrets: "write", environments: "write", organization_secrets: "write" };

/** A process that bears every signal, a server that finds everything good, and GitHub. */
async function startConsumers(stack: AsyncDisposableStack) {
  const deaf = "trap '' HUP USR1 USR2 INT TERM QUIT WINCH CONT; echo ready; cat";
  const reader = spawn("bash", ["-c", deaf], { stdio: ["pipe", "pipe", "ignore"] });
  stack.defer(() => void reader.stdin.end());
  await once(reader.stdout, "data");
  const server = createServer((_, response) => void response.end());
  const port = await listen(server);
  stack.defer(() => void server.close());
  const owner = { owner: "acme", repositories: ["app"], permissions: rights };
  const github = await createGithubDouble({ personal: { [secret]: owner } });
  stack.defer(github.close);
  return { reader: Number(reader.pid), server: `http://127.0.0.1:${port}`, github: github.url };
}

function endsOf({ code, stdout, stderr }: Ended): ReadonlyMap<string, string> {
  if (!stdout.startsWith("{")) throw new Error(`the table was not played (exit ${code}): ${stdout}${stderr}`);
  const { rotations }: Partial<RunReport> = JSON.parse(stdout);
  if (rotations === undefined) throw new Error(`the table was not played: ${stdout}${stderr}`);
  return new Map(rotations.map((report) => [report.name, endOf(report)]));
}

function endOf({ outcome, phases }: RunReport["rotations"][number]): string {
  const error = phases.find(({ result }) => result === "failed")?.error;
  return error === undefined ? outcome : `${error.code} ${error.message}`;
}

function loadedIn(records: string): ReadonlySet<string> {
  const lists = readdirSync(records).map((name) => JSON.parse(readFileSync(join(records, name), "utf8")));
  return new Set(
    lists.flatMap(({ files }: { readonly files: readonly string[] }) => files.map((url) => basename(url))),
  );
}

/**
 * Used by tests of their own, also through the package: a session of `init` at a terminal, members of a JSON secret in a store, `plugin test`, `state move`. And what the file of
 * the hot commands holds whole: the commands take it from there.
 */
const playedElsewhere = [
  /\bmultiselect\b/,
  /function withMember\b/,
  /\bopenHttpWay\b/,
  /function moveState\b/,
  /=part\.needsRotation;/,
  /=part\._cleanupOnExit;/,
];

/** The files of the package that are imported only when they are needed. */
export function lateModules(): readonly string[] {
  const files = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" });
  const texts = files
    .filter((name) => name.endsWith(".js"))
    .map((name) => [basename(name), readFileSync(join(installed, "dist", name), "utf8")] as const);
  const elsewhere = texts.filter(([, one]) => playedElsewhere.some((mark) => mark.test(one))).map(([name]) => name);
  const specifiers = texts.flatMap(([, one]) =>
    [...one.matchAll(/\bimport\("(\.[^"]+\.js)"\)/g)].map((match) => match[1] ?? ""),
  );
  const late = new Set(specifiers.map((specifier) => basename(specifier)));
  return [...late].filter((name) => !elsewhere.includes(name)).toSorted();
}
