import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoggedIn, type Prepared, RotateError, type Sink } from "@rotate/plugin-kit";
import { createTestContext, revealValues, sinkValues, type TestContext } from "@rotate/testkit";
import { onTestFinished } from "vitest";

/** A directory of the test's own, 0755, gone afterwards. */
export function freshDirectory(): string {
  const base = mkdtempSync(join(tmpdir(), "rotate-sinks-"));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const directory = join(base, "app");
  mkdirSync(directory, { mode: 0o755 });
  return directory;
}

/** The context in which a sink of the spec is called. */
export function contextFor(sink: Sink, options: Readonly<Record<string, unknown>>): TestContext {
  return createTestContext({ schema: sink.options, options });
}

type Texts = Readonly<Record<string, string>>;

/** Prepares and commits, as the engine does. */
export async function write(
  sink: Sink,
  options: Readonly<Record<string, unknown>>,
  texts: Texts,
): Promise<Prepared<LoggedIn>> {
  const ctx = contextFor(sink, options);
  const prepared = await sink.prepare(sinkValues(texts), ctx);
  if (prepared.changed) await prepared.commit(ctx);
  return prepared;
}

export async function read(sink: Sink, options: Readonly<Record<string, unknown>>, ...keys: string[]): Promise<Texts> {
  return revealValues((await sink.read?.(keys, contextFor(sink, options))) ?? {});
}

export async function undo(prepared: Prepared<LoggedIn>): Promise<void> {
  await prepared.undo?.(createTestContext());
}

/** The promise's RotateError; fails the test when there is none. */
export async function faultOf(promise: Promise<unknown>): Promise<RotateError> {
  const error = await promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (error instanceof RotateError) return error;
  throw new Error("expected a RotateError", { cause: error });
}

/** Bytes and permissions of a file; undefined when it is not there. */
export function fileAt(path: string): { readonly text: string; readonly mode: number } | undefined {
  if (!existsSync(path)) return undefined;
  return { text: readFileSync(path, "latin1"), mode: statSync(path).mode & 0o7777 };
}

/** Every file of a directory, by name. */
export function filesAt(path: string): Readonly<Record<string, ReturnType<typeof fileAt>>> | undefined {
  if (!existsSync(path)) return undefined;
  return Object.fromEntries(readdirSync(path).map((name) => [name, fileAt(join(path, name))]));
}
