import {
  asSecretRef,
  createContext,
  createLog,
  createRuntime,
  reference,
  type Runtime,
  systemClock,
  templateOption,
  timeLimitError,
} from "@rotate/runtime";
import { type MintContext, type ObjectSchema, Secret, type SecretRef, type Values } from "@rotate/plugin-kit";
import type { FakeClock } from "./clock.ts";
import { withDefaults } from "./defaults.ts";

/** One message that a plugin logged, masked as in production. */
export interface LogEntry {
  readonly level: "debug" | "info" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Options of `createTestContext`. */
export interface TestContextOptions<Options, Login> {
  /** As the plugin gets them: durations in milliseconds, paths absolute, secrets by `secretRef` or `envRef`. Default `{}`. */
  readonly options?: Options;
  /** Fills in the defaults of `options` and refuses what the schema does not know, as the engine does. */
  readonly schema?: ObjectSchema;
  /** What the provider's `login` returned. */
  readonly login?: Login;
  /** Default `rotate-test-000000000001`. */
  readonly leaseId?: string;
  /** The whole environment; default only PATH and HOME of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Wall clock; default the machine's. */
  readonly now?: () => number;
  /** `now` and `sleep` from a fake clock. Time limits stay real, so that a hanging test ends. */
  readonly clock?: FakeClock;
  /** Milliseconds until the signal aborts; default 30 s. */
  readonly timeout?: number;
  /** Gets what the plugin announces; default: nobody reads it. */
  readonly announce?: (line: string) => void;
  /** Aborts the call earlier. */
  readonly signal?: AbortSignal;
}

/** A plugin's context, usable for every kind of plugin, with what a test wants to see. */
export interface TestContext<Options = unknown, Login = unknown> extends MintContext<Options, Login> {
  readonly logs: readonly LogEntry[];
  /** Hides every secret that the context has met: what the engine does to all that is printed. */
  readonly mask: (text: string) => string;
  readonly runtime: Runtime;
}

/** A secret option that is read as `text`: what a reference in the spec becomes. */
export function secretRef(text: string): SecretRef {
  return asSecretRef(templateOption({ source: "", fields: [], render: () => text }));
}

/** A secret option that is read from an environment variable at each use. */
export function envRef(name: string): SecretRef {
  return asSecretRef(reference({ env: name }, true));
}

/** A secret option that is read from a file at each use. */
export function fileRef(path: string): SecretRef {
  return asSecretRef(reference({ file: path }, true));
}

/** Texts as the values that a sink gets. */
export function sinkValues(texts: Readonly<Record<string, string>>): Values {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, new Secret(text, key)]));
}

/** Values of a sink as plain texts, to compare. */
export function revealValues(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, secret]) => [key, secret.reveal()]));
}

/** A log in production's format, read back line by line. */
function captureLogs(runtime: Pick<Runtime, "masker">, logs: LogEntry[]): Runtime["log"] {
  function write(line: string): void {
    const { level, message, time: _time, ...fields } = JSON.parse(line) as LogEntry & { readonly time: string };
    logs.push({ level, message, fields });
  }
  return createLog({ write, masker: runtime.masker, now: Date.now, format: "json", level: "debug" });
}

function testRuntime<O, L>({ env, now, clock, announce }: TestContextOptions<O, L>, logs: LogEntry[]): Runtime {
  const { PATH, HOME } = process.env;
  const system = systemClock();
  const merged = { ...system, ...(clock && { now: clock.now, sleep: clock.sleep }), ...(now && { now }) };
  const runtime = createRuntime({ env: env ?? { PATH, HOME }, clock: merged, ...(announce && { announce }) });
  return { ...runtime, log: captureLogs(runtime, logs) };
}

const scope = { fields: {}, lease: { issuedAt: "", expiresAt: "" } };

/** The signal of a call: its time limit, and the test's own. */
function callSignal(timeout: number, signal: AbortSignal | undefined): AbortSignal {
  const limit = new AbortController();
  setTimeout(() => limit.abort(timeLimitError(timeout)), timeout).unref();
  return signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
}

/**
 * A real context for calling a plugin in a test: real HTTP and processes, real masking, a clock that can be injected, logs kept in `ctx.logs`.
 * Throws TypeError when `schema` is given and the options do not fit it.
 */
export function createTestContext<Options = unknown, Login = unknown>(
  input: TestContextOptions<Options, Login> = {},
): TestContext<Options, Login> {
  const logs: LogEntry[] = [];
  const { schema, login, leaseId = "rotate-test-000000000001", timeout = 30_000, signal } = input;
  const runtime = testRuntime(input, logs);
  const given = input.options ?? ({} as Options);
  const options = schema === undefined ? given : (withDefaults(schema, given) as Options);
  const context = createContext({ runtime, options, signal: callSignal(timeout, signal), scope });
  const mask = (text: string): string => runtime.masker.mask(text);
  return { ...context, login: login as Login, leaseId, logs, mask, runtime };
}
