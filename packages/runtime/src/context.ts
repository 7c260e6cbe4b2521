import { type Context, RotateError, type Secret, type SecretRef } from "@rotate/plugin-kit";
import type { TemplateScope } from "./template.ts";
import { readFile } from "./read-file.ts";
import { describeSource, isReference, isTemplateOption } from "./reference.ts";
import { resolveReference } from "./resolve.ts";
import { revealText } from "./reveal.ts";
import type { Runtime } from "./types.ts";

/** What makes a plugin's context. */
export interface ContextParts<Options> {
  readonly runtime: Runtime;
  /** As the plugin gets them: see `materialize`. */
  readonly options: Options;
  /** The call's time limit and the shutdown, in one: see `Runtime.deadline`. */
  readonly signal: AbortSignal;
  /** The new credential, where secret options may be templates. */
  readonly scope?: TemplateScope;
}

async function resolveOption<O>(ref: SecretRef, { runtime, signal, scope }: ContextParts<O>): Promise<Secret> {
  const option: unknown = ref;
  if (isReference(option)) {
    const { env, masker, exec, execReference = exec } = runtime;
    return masker.secret(
      await resolveReference(option.source, { env, exec: execReference, signal }),
      describeSource(option.source),
    );
  }
  if (isTemplateOption(option) && scope !== undefined)
    return runtime.masker.secret(option.template.render(scope), "rendered");
  const what = isTemplateOption(option)
    ? "a template stands where there is no new credential"
    : "this option is no reference";
  throw new RotateError(what, { code: "INVALID", retryable: false, hint: "write { env: NAME } or { file: PATH }" });
}

/** The context of one call of a plugin. `http`, `exec` and `sleep` end with the signal; what they learn of secrets is masked at once. */
export function createContext<Options>(parts: ContextParts<Options>): Context<Options> {
  const { runtime, options, signal } = parts;
  const { announce } = runtime;
  return {
    options,
    signal,
    http: (url, init = {}) => runtime.http(url, init, signal),
    exec: (argv, init = {}) => runtime.exec(argv, init, signal),
    log: runtime.log,
    now: runtime.now,
    sleep: (milliseconds) => runtime.sleep(milliseconds, signal),
    env: runtime.env,
    resolve: (ref) => resolveOption(ref, parts),
    secret: runtime.masker.secret,
    readFile,
    ...(announce && { announce: (line) => announce(oneLine(revealText(line, runtime.masker))) }),
  };
}

/** A second line would be a command of its own to whoever reads it. */
function oneLine(line: string): string {
  if (!/[\r\n]/.test(line)) return line;
  const hint = "escape the line feeds as its reader wants";
  throw new RotateError("an announcement has a line feed in it", { code: "INVALID", retryable: false, hint });
}
