import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIfThere } from "@rotate/plugin-kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createContext } from "../src/context.ts";
import { createRuntime } from "../src/create-runtime.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotate-read-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const { signal } = new AbortController();
const ctx = createContext({ runtime: createRuntime({ env: {} }), options: {}, signal });

function file(content: string | Buffer): string {
  const path = join(directory, "file");
  writeFileSync(path, content);
  return path;
}

test("a plugin reads a file as it is, and through links", async () => {
  const text = "\uFEFFlines\r\n\n";
  expect(await ctx.readFile(file(text))).toBe(text);
  const link = join(directory, "link");
  symlinkSync("file", link);
  expect(await ctx.readFile(link)).toBe(text);
  expect(await ctx.readFile("/dev/null").catch((error: Error) => error.message)).toBe(
    "/dev/null is not a regular file",
  );
});

test.skipIf(process.platform !== "linux")("a plugin reads what says that it has no bytes, as /proc does", async () => {
  expect(await ctx.readFile("/proc/self/stat")).toMatch(/^\d+ /);
});

test("what is not there is told by name, with the remedy of whoever asked, or is nothing", async () => {
  const path = join(directory, "none");
  const init = { what: "token file", hint: "is the token mounted?" };
  await expect(ctx.readFile(path, init)).rejects.toMatchObject({
    code: "NOT_FOUND",
    retryable: false,
    message: `token file ${path} does not exist`,
    hint: "is the token mounted?",
  });
  expect(await readIfThere(ctx, path)).toBeUndefined();
  expect(await readIfThere(ctx, join(file("x"), "below"))).toBeUndefined();
  await expect(readIfThere(ctx, directory)).rejects.toMatchObject({ code: "INVALID" });
});

test("a file that is not meant is refused before it is read whole, and a pipe without waiting for its writer", async () => {
  const path = file("x".repeat(2049));
  await expect(ctx.readFile(path, { maxBytes: 2048 })).rejects.toMatchObject({
    code: "INVALID",
    message: `file ${path} is larger than 2 KiB`,
  });
  expect(await ctx.readFile(path)).toHaveLength(2049);
  await expect(ctx.readFile("/dev/zero")).rejects.toMatchObject({ code: "INVALID" });
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(ctx.readFile(pipe)).rejects.toMatchObject({ message: `${pipe} is not a regular file` });
});

test("what is no text is refused and not shown", async () => {
  const path = file(Buffer.from([0x61, 0xff, 0x62]));
  await expect(ctx.readFile(path)).rejects.toMatchObject({
    code: "INVALID",
    message: `file ${path} is not UTF-8 text`,
  });
});
