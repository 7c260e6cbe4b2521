import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RotateError } from "@rotate/plugin-kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRuntime } from "../src/create-runtime.ts";
import { reference, type Source, templateOption } from "../src/reference.ts";
import type { TemplateScope } from "../src/template.ts";
import { materialize } from "../src/materialize.ts";
import { resolveReference } from "../src/resolve.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rotate-resolve-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();

function resolve(source: Source, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const runtime = createRuntime({ env: { PATH: process.env["PATH"], ...env } });
  return resolveReference(source, { env: runtime.env, exec: runtime.exec, signal });
}

async function failure(source: Source, env?: Readonly<Record<string, string>>): Promise<RotateError> {
  try {
    await resolve(source, env);
  } catch (error) {
    return error as RotateError;
  }
  throw new Error("it did not fail");
}

async function file(content: string | Buffer): Promise<string> {
  const path = join(directory, "secret");
  await writeFile(path, content);
  return path;
}

test("reads variables, files, commands and systemd credentials, dropping one trailing newline", async () => {
  expect(await resolve({ env: "T" }, { T: "v\n" })).toBe("v");
  expect(await resolve({ file: await file("v\n\n") })).toBe("v\n");
  expect(await resolve({ file: await file("v\r\n") })).toBe("v");
  expect(await resolve({ exec: ["echo", "v"] })).toBe("v");
  expect(await resolve({ credential: "secret" }, { CREDENTIALS_DIRECTORY: directory })).toBe("v");
});

test.runIf(process.geteuid?.() === 0)("as root a secret that others can write is refused", async () => {
  const path = await file("v");
  await chmod(path, 0o622);
  expect(await failure({ file: path })).toMatchObject({
    code: "DENIED",
    retryable: false,
    message: `rotate runs as root, and others can write ${path} (mode 0622)`,
    hint: expect.stringContaining(`chmod go-w ${path}`),
  });
});

test("follows a link, as Kubernetes mounts its secrets", async () => {
  const link = join(directory, "link");
  await symlink(await file("v"), link);
  expect(await resolve({ file: link })).toBe("v");
});

test("says what is missing and where", async () => {
  expect(await failure({ env: "NOPE" })).toMatchObject({
    code: "NOT_FOUND",
    message: "environment variable NOPE is not set",
  });
  const path = join(directory, "none");
  expect(await failure({ file: path })).toMatchObject({ code: "NOT_FOUND", message: `file ${path} does not exist` });
  expect(await failure({ exec: ["no-such-command-x"] })).toMatchObject({ code: "NOT_FOUND" });
  expect(await failure({ credential: "db" })).toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringContaining("LoadCredential") as string,
  });
});

test("an empty value is an error, wherever it comes from", async () => {
  expect(await failure({ env: "T" }, { T: "" })).toMatchObject({ code: "INVALID", message: "{ env: T } is empty" });
  const path = await file("\n");
  expect(await failure({ file: path })).toMatchObject({ code: "INVALID", message: `{ file: ${path} } is empty` });
  expect(await failure({ exec: ["true"] })).toMatchObject({ code: "INVALID", message: "{ exec: [true] } is empty" });
});

test("refuses a directory, a pipe, a file over 1 MiB and one that is not text", async () => {
  expect(await failure({ file: directory })).toMatchObject({ code: "INVALID", message: `${directory} is a directory` });
  const pipe = join(directory, "pipe");
  await promisify(execFile)("mkfifo", [pipe]);
  expect(await failure({ file: pipe })).toMatchObject({ code: "INVALID", message: `${pipe} is not a regular file` });
  expect(await failure({ file: await file("x".repeat(1024 * 1024 + 1)) })).toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("larger than 1 MiB") as string,
  });
  expect(await failure({ file: await file(Buffer.from([0xff, 0x80])) })).toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("not UTF-8") as string,
  });
});

/** Root may read everything, so it steps down for the call. */
async function asNobody<T>(call: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return call();
  process.seteuid?.(65_534);
  try {
    return await call();
  } finally {
    process.seteuid?.(0);
  }
}

test("says that this user may not read a file", async () => {
  const path = await file("v");
  await chmod(path, 0);
  const error = await asNobody(() => failure({ file: path }));
  expect(error).toMatchObject({ code: "DENIED", message: `no permission to read file ${path}` });
});

test("a command that fails is not read, and what it printed is not shown", async () => {
  const error = await failure({ exec: ["sh", "-c", "echo s3cr3t; echo s3cr3t >&2; exit 4"] });
  expect(error).toMatchObject({ code: "FAILED", message: "command sh exited with 4" });
});

test.each(["../secret", "a/b", ".."])("refuses %s as a credential's name", async (credential) => {
  expect(await failure({ credential }, { CREDENTIALS_DIRECTORY: directory })).toMatchObject({ code: "INVALID" });
});

test("puts the text of plain references into the options and leaves the secret ones", async () => {
  await mkdir(join(directory, "d"));
  const secret = reference({ env: "S" }, true);
  const template = templateOption({ source: "", fields: [], render: () => "" });
  const tree = {
    host: reference({ env: "HOST" }, false),
    wait: reference({ env: "WAIT" }, false, Number),
    list: [{ secret, template }],
    none: null,
    on: true,
  };
  const runtime = createRuntime({ env: { HOST: "db", WAIT: "90" } });
  expect(await materialize(tree, { runtime, signal })).toEqual({
    host: "db",
    wait: 90,
    list: [{ secret, template }],
    none: null,
    on: true,
  });
  await expect(materialize(tree, { runtime: createRuntime({ env: {} }), signal })).rejects.toThrow("HOST is not set");
});

test("puts the text of a plain template into the options, where there is a new credential", async () => {
  const template = {
    source: "{{ user }}",
    fields: ["user"],
    render: ({ fields }: TemplateScope) => fields["user"] ?? "",
  };
  const scope = { fields: { user: "svc" }, lease: { issuedAt: "", expiresAt: "" } };
  const runtime = createRuntime({ env: {} });
  const password = templateOption(template);
  const tree = { user: templateOption(template, true), password };
  expect(await materialize(tree, { runtime, signal, scope })).toEqual({ user: "svc", password });
});
