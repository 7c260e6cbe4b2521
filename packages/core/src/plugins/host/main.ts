/**
 * The child's side of an npm plugin: imports the approved entry, in a process under Node's permission model, and serves its parts. Arguments: the entry's URL, and the
 * folder of the kit that every import of `@rotate/plugin-kit` gets.
 */
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
import { apiVersions, definePlugin, isRotateError, type Plugin } from "@rotate/plugin-kit";
import { openChannel, type Frame } from "./channel.ts";
import { contextFor } from "./context.ts";
import { describePlugin } from "./describe.ts";
import { guard } from "./guard.ts";
import { createVerbs, partOf } from "./verbs.ts";
import { isRecord, plain } from "./wire.ts";

const [, , entry = "", kit = "{}"] = process.argv;

guard();
const provided = JSON.parse(kit) as Readonly<Record<string, string>>;
registerHooks({
  resolve: (specifier, context, next) =>
    Object.hasOwn(provided, specifier) ? { url: provided[specifier]!, shortCircuit: true } : next(specifier, context),
});

// The last line is what the engine tells of an end: without this it would be the version of Node.
process.on("uncaughtException", (error: unknown) => {
  const last =
    error instanceof Error ? `${error.stack}\n${error.name}: ${error.message}` : `it threw a ${typeof error}`;
  writeSync(2, `${last}\n`);
  process.exit(1);
});

const channel = openChannel();
const calls = new Map<number, AbortController>();
const { verbs, release } = createVerbs();
const loading = load();
loading.catch(() => undefined); // said in answer to each call

async function load(): Promise<Plugin> {
  const { default: found } = (await import(entry)) as { readonly default?: unknown };
  if (!isRecord(found) || !("apiVersion" in found) || !Array.isArray(found["providers"]))
    throw new Error("its entry has no default export that `definePlugin` made");
  // A kit of the same version of the contract that is older does not know every kind.
  return { ...definePlugin({}), ...(found as unknown as Plugin) };
}

async function answerTo(frame: Frame, signal: AbortSignal): Promise<unknown> {
  const plugin = await loading;
  if (frame["call"] === "describe") {
    const { apiVersion, needs = {} } = plugin;
    // Of another version nothing else is looked at: it may have another shape.
    if (!apiVersions.includes(apiVersion)) return { apiVersion };
    return { apiVersion, needs, describe: describePlugin(plugin) };
  }
  const part = partOf(plugin, frame["part"]);
  const verb = verbs[String(frame["call"])];
  if (part === undefined || verb === undefined) throw new Error("there is no such part or verb");
  const ctx = contextFor(frame, { channel, part: part as never, signal });
  return verb(part, frame, ctx);
}

function errorFrame(error: unknown): Frame {
  if (isRotateError(error)) {
    const { code, message, retryable, hint, retryAfter, noEffect, person } = error;
    return { code, message, retryable, noEffect, ...(person && { person }), ...given({ hint, retryAfter }) };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : `${typeof error}, no RotateError`;
  return {
    code: "FAILED",
    message: `unexpected error (${what})`.replaceAll(/[\r\n]+/g, " "),
    retryable: false,
    noEffect: false,
    hint: "this is a fault in the plugin: please report it",
  };
}

function given(details: Frame): Frame {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

async function serve(frame: Frame): Promise<void> {
  const id = Number(frame["id"]);
  const controller = new AbortController();
  calls.set(id, controller);
  try {
    const ok = plain((await answerTo(frame, controller.signal)) ?? null);
    channel.send({ id, ok });
  } catch (error) {
    channel.send({ id, error: errorFrame(error) });
  } finally {
    calls.delete(id);
  }
}

channel.read((frame) => {
  if ("cancel" in frame) calls.get(Number(frame["cancel"]))?.abort();
  else if ("release" in frame) release(frame["release"]);
  else void serve(frame);
});
