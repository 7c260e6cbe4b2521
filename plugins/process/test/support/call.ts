import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ObjectSchema, ReloadEvent } from "@rotate/plugin-kit";
import { createTestContext, type TestContext, type TestContextOptions } from "@rotate/testkit";
import { onTestFinished } from "vitest";

/** What a reload is told in these tests. */
export const event: ReloadEvent = {
  rotation: "backstage-db",
  reason: "rotated",
  fingerprint: "fp-1234",
  expiresAt: new Date("2030-01-31T12:00:00Z"),
  written: [
    { type: "dotenv", target: "/srv/app/.env", keys: ["DATABASE_URL"] },
    { type: "json", target: "/srv/app/db.json", keys: ["/password"] },
  ],
};

/** A context with the schema's defaults filled in. */
export function contextFor(
  part: { readonly options: ObjectSchema },
  options: object,
  more: Omit<TestContextOptions<unknown, unknown>, "options" | "schema"> = {},
): TestContext {
  return createTestContext({ ...more, options, schema: part.options });
}

/** A directory of its own for the running test, gone with it. */
export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-process-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** An executable script. @returns its path */
export async function script(directory: string, name: string, lines: readonly string[]): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
  return path;
}
