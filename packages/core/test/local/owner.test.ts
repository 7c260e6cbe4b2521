/** Whose a rotation is, between real processes. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "@rotate/runtime";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { openLocalBackend } from "../../src/local/open-local.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-owner-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

async function open(stateDir = directory): Promise<Backend> {
  const spec = { name: "test", file: "/etc/rotate.yaml", stateDir: undefined };
  const backend = await openLocalBackend({
    spec,
    runtime: createRuntime({ env: {}, log: { write: silent } }),
    stateDir,
  });
  onTestFinished(() => backend.close());
  return backend;
}

function silent(): void {}

const program = `
const { openLocalBackend } = await import(process.argv[1]);
const { createRuntime } = await import("@rotate/runtime");
const spec = { name: "test", file: "/etc/rotate.yaml", stateDir: undefined };
const backend = await openLocalBackend({ spec, runtime: createRuntime({ env: {} }), stateDir: process.argv[2] });
console.log("open");
await new Promise((resolve) => process.stdin.once("data", resolve));
const claim = await backend.claims.byName("db");
console.log(claim ? "has it" : "has it not");
setInterval(() => claim, 1e6);`;

/** A process that has the state open, and claims the rotation when it is told to. */
async function startProcess(): Promise<ChildProcess> {
  const module = new URL("../../src/local/open-local.ts", import.meta.url).href;
  const argv = ["--conditions=rotate:src", "--input-type=module", "-e", program, module, directory];
  const child = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"], cwd: import.meta.dirname });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

async function claimIn(child: ChildProcess): Promise<string> {
  child.stdin!.write("now\n");
  const [said] = await once(child.stdout!, "data");
  return String(said).trim();
}

test("what a process has claimed is free the instant that it is killed, and not before, even when it is stopped", async () => {
  const child = await startProcess();
  const { claims } = await open();
  expect(await claimIn(child)).toBe("has it");
  child.kill("SIGSTOP");
  expect([await claims.busy(["db", "mq"]), await claims.byName("db")]).toEqual([new Set(["db"]), undefined]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await claims.busy(["db"])).toEqual(new Set());
  expect((await claims.byName("db"))?.state().epoch).toBe(2);
});

test("of several processes that want a rotation at the same moment one gets it", async () => {
  const children = await Promise.all(Array.from({ length: 4 }, startProcess));
  const answers = await Promise.all(children.map(claimIn));
  expect(answers.toSorted()).toEqual(["has it", "has it not", "has it not", "has it not"]);
});

test("in a copy of the state nobody has what somebody had in the original", async () => {
  const child = await startProcess();
  expect(await claimIn(child)).toBe("has it");
  const copy = mkdtempSync(join(tmpdir(), "rotate-owner-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  execFileSync("cp", ["-a", join(directory, "test"), copy]);
  const { claims } = await open(copy);
  expect(await claims.busy(["db"])).toEqual(new Set());
  expect(await claims.byName("db")).toBeDefined();
});

test("a process that stands still with one rotation keeps nobody from another, nor from writing it", async () => {
  const child = await startProcess();
  const { claims, store } = await open();
  expect(await claimIn(child)).toBe("has it");
  child.kill("SIGSTOP");
  const other = (await claims.byName("mq"))!;
  await other.append([{ type: "readmitted" }]);
  expect(await claims.byName("db")).toBeUndefined();
  await other.settle();
  expect([await claims.busy(["db", "mq"]), (await store.load("mq")).seq]).toEqual([new Set(["db"]), 2]);
});

test("within one process a rotation that is not given back keeps nobody from another", async () => {
  const { claims } = await open();
  const kept = (await claims.byName("db"))!;
  const [first, second] = [await claims.byName("mq"), await claims.byName("mq")];
  expect([first?.rotation, second]).toEqual(["mq", undefined]);
  await first!.settle();
  expect((await claims.byName("mq"))?.state().epoch).toBe(2);
  await expect(kept.guard()).resolves.toBeUndefined();
});

test("a process takes one lock for all that it claims, and leaves none", async () => {
  const backend = await open();
  const claimed = await Promise.all(["a", "b", "c"].map((name) => backend.claims.byName(name)));
  expect(claimed).not.toContain(undefined);
  expect(readdirSync(join(directory, "test", "locks"))).toHaveLength(1);
  await backend.close();
  expect(readdirSync(join(directory, "test", "locks"))).toEqual([]);
});
