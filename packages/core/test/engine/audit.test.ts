import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AuditLine } from "../../src/engine/audit.ts";
import { rotationIn } from "./spec.ts";
import { createScene, failAt, failing, minute, type Scene } from "./support.ts";

function audited(): { readonly scene: Scene; readonly file: string; readonly lines: () => readonly AuditLine[] } {
  const scene = createScene();
  const file = join(scene.directory, "audit.jsonl");
  const spec = scene.spec;
  Object.assign(scene, { spec: () => ({ ...spec(), audit: { file } }) });
  const lines = (): readonly AuditLine[] =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as AuditLine);
  return { scene, file, lines };
}

test("the record tells each act of a rotation: who, when, why, and fingerprints instead of values", async () => {
  const { scene, file, lines } = audited();
  await scene.run();
  expect(lines().map(({ act, result }) => [act, result])).toEqual(
    expect.arrayContaining([
      ["mint", "done"],
      ["write", "done"],
      ["reload", "done"],
    ]),
  );
  expect(lines().at(-1)).toMatchObject({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    by: `pid ${process.pid}`,
    act: "rotation",
    rotation: "db",
    provider: "issuer",
    outcome: "rotated",
    credential: { fingerprint: expect.any(String) },
    sinks: [{ result: "written" }],
  });
  const [mint, write, rotation] = ["mint", "write", "rotation"].map((act) => lines().find((line) => line.act === act));
  expect(mint).toMatchObject({ why: "not rotated before", lease: expect.stringMatching(/^rotate-/) });
  expect(rotation).toMatchObject({ credential: { fingerprint: mint?.["fingerprint"] } });
  expect(write).toMatchObject({ lease: mint?.["lease"], fingerprint: mint?.["fingerprint"] });
  expect(readFileSync(file, "utf8")).not.toContain("value-1-s");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each([
  ["what is put back", [], "done", undefined],
  ["what cannot be put back", [failing("CONFLICT", { retryable: false })], "refused", "ROTATE_UNDO_CONFLICT"],
])("%s stands in the report, the events and the record, after the write that failed", async (_, undo, result, code) => {
  const { scene, lines } = audited();
  scene.rotations = [rotationIn(scene, { sinks: ["a", "b"] })];
  await scene.run();
  failAt(scene, { "commit b": failing("FAILED"), "undo a": undo });
  const { db } = await scene.run({ force: true });
  const [failed, next] = db.phases.filter(({ phase }) => phase === "commit" || phase === "undo");
  expect([failed?.phase, failed?.result]).toEqual(["commit", "failed"]);
  expect(next).toMatchObject({ phase: "undo", result: code === undefined ? "succeeded" : "failed" });
  expect(next?.error?.code).toBe(code);
  const { lease: id, fingerprint } = lines().find(({ act }) => act === "mint")!; // of the credential that stood there before
  const lease = { id, fingerprint };
  expect(scene.events).toContainEqual({ type: "phase-finished", rotation: "db", phase: next, lease });
  const told = { lease: id, fingerprint, result, ...(code !== undefined && { code }) };
  expect(lines().filter(({ act }) => act === "undo")).toMatchObject([told]);
});

test("refusals, revocations, alarms and ejects are in it, and nothing of before is ever changed", async () => {
  const { scene, file, lines } = audited();
  await scene.run();
  const before = readFileSync(file, "utf8");
  failAt(scene, { mint: failing("DENIED", { retryable: false }) });
  await scene.clock.advance(scene.life - 30_000);
  await scene.run();
  scene.onStep = () => undefined;
  await scene.clock.advance(10 * minute);
  await scene.run();
  await scene.clock.advance(10 * minute);
  await scene.run();
  await scene.run({ force: true });
  await scene.clock.advance(10 * minute);
  await scene.run();
  await scene.ask((engine) => engine.eject("db", "keep"));
  expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);
  expect(lines()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ act: "mint", result: "refused", code: "ROTATE_MINT_DENIED", why: expect.any(String) }),
      expect.objectContaining({ act: "alarm", alarm: "expired" }),
      expect.objectContaining({ act: "alarm", alarm: "recovered" }),
      expect.objectContaining({ act: "revoke", result: "done", lease: expect.any(String) }),
      expect.objectContaining({ act: "eject", rotation: "db" }),
    ]),
  );
});

test("a record that is turned over goes on in a new file", async () => {
  const { scene, file, lines } = audited();
  await scene.run();
  renameSync(file, `${file}.1`);
  await scene.run({ force: true });
  expect(lines().filter(({ act }) => act === "mint")).toHaveLength(1);
});

test("a record that cannot be written stops no rotation, and is told once until it can", async () => {
  const { scene, file } = audited();
  mkdirSync(file);
  expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
  const troubles = scene.events.filter(({ type }) => type === "trouble");
  expect(troubles).toMatchObject([{ code: "ROTATE_AUDIT_UNWRITABLE", message: expect.stringContaining("EISDIR") }]);
  rmSync(file, { recursive: true });
});
