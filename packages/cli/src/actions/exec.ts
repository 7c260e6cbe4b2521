import { randomBytes } from "node:crypto";
import { followFiles, loginVariables, openDaemon, EngineError, selectByName, type Engine } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { startChild, type Start } from "../exec/child.ts";
import { openCredentialsDirectory, type CredentialsDirectory } from "../exec/directory.ts";
import { currentValues, refuseUnfit, type Given } from "../exec/environment.ts";
import { followValues } from "../exec/follow.ts";
import { bindAddress } from "../exec/listen.ts";
import { readOptions, type ExecFlags, type ExecOptions } from "../exec/options.ts";
import { forwardSignals } from "../exec/signals.ts";
import { supervise, type Generation } from "../exec/supervisor.ts";
import { reportFailure, UsageError } from "../failure.ts";
import { listenForInterrupt } from "../interrupt.ts";
import type { Reporter } from "../reporter.ts";
import { withEngine } from "../with-engine.ts";
import { readAgain } from "./watch.ts";

type Input = ActionInput<ExecFlags, { readonly names: readonly string[]; readonly command: readonly string[] }>;

/** Progress would be noise between the lines of the command; failures, warnings and what becomes of the command are told. */
const omit = [
  "rotation-started",
  "phase-started",
  "phase-finished",
  "rotation-finished",
  "retry-scheduled",
  "standing-changed",
  "lease-renewed",
] as const;

interface Running {
  readonly input: Input;
  readonly engine: Engine;
  readonly reporter: Reporter;
  readonly options: ExecOptions;
  readonly names: readonly string[];
  readonly directory: CredentialsDirectory | undefined;
}

/** `rotate exec`: runs a command with the credentials of rotations, for as long as it takes. */
export async function exec(input: Input): Promise<void> {
  const { flags, args } = input;
  const options = readOptions(flags);
  const [program, ...words] = args.command;
  if (program === undefined || args.names.length === 0)
    throw new UsageError(
      "exec needs rotations, and a command after --",
      "write it like rotate exec app-db -- npm start",
    );
  await withEngine(input, { omit }, async ({ engine, reporter }) => {
    const { spec } = engine.parts();
    const rotations = selectByName(spec.rotations, args.names);
    refuseUnfit(rotations, options);
    const names = rotations.map(({ name }) => name);
    const directory = options.directory ? openCredentialsDirectory(process.env) : undefined;
    try {
      process.exitCode = await runCommand([program, ...words], { input, engine, reporter, options, names, directory });
    } finally {
      directory?.remove();
      if (options.revoke) await revokeAll(names, engine, reporter);
    }
  });
}

async function runCommand(command: Start["command"], running: Running): Promise<number> {
  const { engine, options, names, reporter } = running;
  const { runtime } = engine.parts().deps;
  const interrupt = listenForInterrupt();
  const asking = { minRemaining: options.minRemaining, now: runtime.now, signal: interrupt.signal };
  const first = await currentValues(engine, names, asking);
  const begin = beginner(command, running);
  interrupt.release();
  if (interrupt.signal.aborted) return interrupt.exitCode() ?? 125;
  const supervisor = supervise(first, { options, begin, runtime });
  const forwarding = forwardSignals(supervisor.forward, { terminal: process.stdin.isTTY });
  const over = new AbortController();
  const keeps = options.onRotate.kind === "none" && running.directory === undefined;
  const following = keeps
    ? warnAtEnd(first, reporter, over.signal)
    : follow(first, running, { signal: over.signal, onChange: supervisor.renew });
  const told = following.catch(({ message }: Error) =>
    reporter.runtime.log.warn(`the credentials of the command are not kept fresh any more: ${message}`),
  );
  try {
    return await supervisor.ended;
  } finally {
    over.abort();
    await told;
    forwarding.release();
  }
}

/** Each generation gets a word of its own, by which it can be told from the one before. */
function beginner(
  command: Start["command"],
  { input, engine, options, directory }: Running,
): (given: Given) => Generation {
  const sockets = options.listen.map(bindAddress);
  const { terminal } = input;
  let count = 0;
  function tellFailure(message: string, hint: string): void {
    reportFailure(new EngineError(message, { code: "ROTATE_EXEC_FAILED", exitCode: 2, hint }), {
      json: false,
      terminal,
    });
  }
  return ({ values }) => {
    directory?.write(values);
    const id = `${++count}-${randomBytes(4).toString("hex")}`;
    const { env: own } = engine.parts().deps.runtime;
    const withheld = loginVariables(engine.parts().spec);
    const inherited = Object.entries(own).filter(([name, text]) => text !== undefined && !withheld.includes(name));
    const env = {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      ...(directory === undefined ? values : { CREDENTIALS_DIRECTORY: directory.path }),
      ROTATE_GENERATION: id,
    };
    return { id, env, child: startChild({ command, env, sockets, onFailure: tellFailure }) };
  };
}

/** Keeps the rotations fresh, as `watch` does, and tells of what is new. */
async function follow(
  first: Given,
  { input, engine, names, directory, reporter }: Running,
  { signal, onChange }: { readonly signal: AbortSignal; readonly onChange: (given: Given) => void },
): Promise<void> {
  const { runtime } = engine.parts().deps;
  const daemon = await openDaemon(engine, {
    names,
    load: () => readAgain(input, reporter.runtime.log),
    follow: (changed) => followFiles(changed),
  });
  async function untilLost(): Promise<void> {
    await daemon.ended;
    if (!signal.aborted) throw new EngineError("the engine ended", { code: "ROTATE_EXEC_FAILED", exitCode: 6 });
  }
  const followed = followValues(first, { engine, names, runtime, signal }, (given) => {
    directory?.write(given.values);
    onChange(given);
  });
  try {
    await Promise.race([followed, untilLost()]);
  } finally {
    await daemon.stop();
  }
}

/** A command that keeps what it has is told of, when that ends before it does. */
async function warnAtEnd({ ends }: Given, { runtime }: Reporter, signal: AbortSignal): Promise<void> {
  for (let left = ends - runtime.now(); ; left = ends - runtime.now()) {
    if (left <= 0) return runtime.log.warn("the command still runs with a credential that has ended");
    await runtime.sleep(Math.min(left, 60_000), signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

async function revokeAll(names: readonly string[], engine: Engine, { runtime }: Reporter): Promise<void> {
  for (const name of names) {
    const { leases } = await engine.revoke(name);
    for (const { id, result, error } of leases)
      if (result !== "revoked")
        runtime.log.warn(
          `${name}: lease ${id} was not revoked: ${error?.message ?? "its issuer cannot, it lives to its end"}`,
        );
  }
}
