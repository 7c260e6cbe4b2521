import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Alarm } from "@rotate/plugin-kit";
import { sampleAlarm } from "@rotate/testkit";
import { expect, test } from "vitest";
import { execNotifier } from "../src/exec-notifier.ts";
import { contextFor, freshDirectory, script } from "./support/call.ts";

const alarm: Alarm = {
  ...sampleAlarm,
  title: "billing-db",
  text: "[expired] web-1\nbilling-db $(touch stolen)",
  cause: { code: "ROTATE_MINT_DENIED", provider: "vault", message: "no" },
  rotations: ["billing-db", "search-db"],
  steps: { "billing-db": "expired", "search-db": "expiring" },
  total: 2,
};

test("a command for alarms reads the whole of it from standard input, and the most of it from its environment", async () => {
  const directory = await freshDirectory();
  const path = await script(directory, "tell.sh", [
    "cat > told.json",
    'printf "%s|%s|%s" "$ROTATE_STEP" "$ROTATE_TEXT" "$ROTATE_ROTATIONS" > env',
    'printf "%s" "$*" > argv',
  ]);
  await execNotifier.send(alarm, contextFor(execNotifier, { command: [path], cwd: directory }));
  expect(JSON.parse(await readFile(join(directory, "told.json"), "utf8"))).toEqual({ version: 1, ...alarm });
  expect(await readFile(join(directory, "env"), "utf8")).toBe(`expired|${alarm.text}|billing-db\nsearch-db`);
  expect(await readFile(join(directory, "argv"), "utf8")).toBe("");
});

test("a command for alarms that reads nothing is no failure", async () => {
  const directory = await freshDirectory();
  const path = await script(directory, "deaf.sh", ["exec true"]);
  const long = { ...alarm, text: "x".repeat(60_000) };
  await expect(execNotifier.send(long, contextFor(execNotifier, { command: [path] }))).resolves.toBeUndefined();
});
