import { randomBytes } from "node:crypto";
import {
  endpointVariables,
  EngineError,
  loginVariables,
  selectByName,
  type EndpointVariables,
  type Engine,
  type Rotation,
  sleepOrWake,
} from "@rotate/core";
import type { ActionInput } from "../action.ts";
import type { Askable } from "../control/remote.ts";
import { startChild, type Start } from "../exec/child.ts";
import { openCredentialsDirectory, type CredentialsDirectory } from "../exec/directory.ts";
import { currentValues, hiding, refuseUnfit, variablesOf, type Given } from "../exec/environment.ts";
import { followValues } from "../exec/follow.ts";
import { keepFresh, whoeverKnows, type KeepFreshParts } from "../exec/keep-fresh.ts";
import { createLoans, type Loans } from "../exec/loans.ts";
import { openFront, privatePort } from "../exec/front.ts";
import { bindAddress, type BoundAddress } from "../exec/listen.ts";
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
  "waiting-for-lock",
] as const;

interface Running {
  readonly input: Input;
  readonly engine: Engine;
  readonly source: Pick<Askable, "credential">;
  readonly stateDir: string;
  readonly reporter: Reporter;
  readonly options: ExecOptions;
  readonly rotations: readonly Rotation[];
  readonly endpoints: EndpointVariables;
  readonly directory: CredentialsDirectory | undefined;
  readonly loans: Loans;
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
  await withEngine(input, { omit }, async ({ engine, reporter, stateDir }) => {
    const { spec } = engine.parts();
    const rotations = selectByName(spec.rotations, args.names);
    const names = rotations.map(({ name }) => name);
    const endpoints = endpointVariables(options.endpoints ? spec : { serve: [] }, names);
    const served = new Set(endpoints.entries.flatMap((entry) => entry.rotations));
    refuseUnfit(rotations, { ...options, served });
    const directory = options.directory ? openCredentialsDirectory(process.env) : undefined;
    const source = whoeverKnows({ engine, stateDir });
    const loans = createLoans({
      engine,
      names: givenBy(rotations, options),
      replaces: options.onRotate.kind === "restart" || options.onRotate.kind === "swap",
      runtime: reporter.runtime,
    });
    const running = { input, engine, source, stateDir, reporter, options, rotations, endpoints, directory, loans };
    try {
      process.exitCode = await runCommand([program, ...words], running);
    } finally {
      directory?.remove();
      await loans.end();
      if (options.revoke) await revokeAll(names, engine, reporter);
    }
  });
}

async function runCommand(command: Start["command"], running: Running): Promise<number> {
  const { engine, source, options, rotations, reporter, endpoints, directory, loans } = running;
  const { runtime } = engine.parts().deps;
  const interrupt = listenForInterrupt();
  const keeps = options.onRotate.kind === "none" && directory === undefined;
  const fresh = keeps && endpoints.entries.length === 0 ? undefined : await keepFresh(freshParts(running));
  try {
    const asking = {
      minRemaining: options.minRemaining,
      word: loans.word(),
      now: engine.now,
      signal: interrupt.signal,
    };
    const first = await currentValues(source, givenBy(rotations, options), asking);
    const place = await placeOf(options);
    const begin = beginner(command, running, place);
    interrupt.release();
    if (interrupt.signal.aborted) return interrupt.exitCode() ?? 125;
    const supervisor = supervise(first, {
      options,
      begin,
      runtime,
      onCurrent: place.leadTo,
      onReplaced: loans.settle,
      onKept: loans.keep,
    });
    const forwarding = forwardSignals(supervisor.forward, { terminal: process.stdin.isTTY });
    const over = new AbortController();
    const following = keeps
      ? Promise.race([warnAtEnd(first, running, over.signal), fresh?.lost ?? warnAtEnd(first, running, over.signal)])
      : follow(first, running, { signal: over.signal, onChange: supervisor.renew, lost: fresh?.lost });
    const told = following.catch(({ message }: Error) =>
      reporter.runtime.log.warn(`the credentials of the command are not kept fresh any more: ${message}`),
    );
    try {
      return await supervisor.ended;
    } finally {
      over.abort();
      place.close();
      await fresh?.stop();
      await told;
      forwarding.release();
    }
  } finally {
    await fresh?.stop();
  }
}

function freshParts({ input, engine, stateDir, rotations, endpoints, reporter }: Running): KeepFreshParts {
  const names = rotations.map(({ name }) => name);
  const load = () => readAgain(input, reporter.runtime.log);
  return { engine, stateDir, names, serves: endpoints.entries.length > 0, reporter, load };
}

/** What is only asked for at endpoints is not given to the command itself: there it counts as in use while it is used. */
function givenBy(rotations: readonly Rotation[], { minRemaining }: ExecOptions): readonly string[] {
  const given = rotations.filter((rotation) => minRemaining > 0 || variablesOf(rotation).length > 0);
  return given.map(({ name }) => name);
}

/** Where commands listen: on sockets that they inherit, or each on a port of its own behind a front. */
interface Place {
  readonly sockets: readonly BoundAddress[];
  readonly nextPort: () => number | undefined;
  readonly leadTo: (generation: Generation) => void;
  readonly close: () => void;
}

async function placeOf({ listen, portEnv }: ExecOptions): Promise<Place> {
  const [address] = listen;
  if (portEnv === undefined || address === undefined)
    return { sockets: listen.map(bindAddress), nextPort: () => undefined, leadTo() {}, close() {} };
  const front = await openFront(address);
  let port = await privatePort();
  return {
    sockets: [],
    nextPort() {
      const taken = port;
      void privatePort().then((next) => (port = next));
      return taken;
    },
    leadTo: (generation) => front.leadTo(generation.port ?? 0),
    close: front.close,
  };
}

/** Each generation gets a word of its own, by which it can be told from the one before. */
function beginner(
  command: Start["command"],
  { input, engine, options, rotations, endpoints, directory, loans }: Running,
  { sockets, nextPort }: Place,
): (given: Given) => Generation {
  const { terminal } = input;
  let count = 0;
  function tellFailure(message: string, hint: string): void {
    reportFailure(new EngineError(message, { code: "ROTATE_EXEC_FAILED", exitCode: 2, hint }), {
      json: false,
      terminal,
    });
  }
  return ({ values, word }) => {
    directory?.write(values);
    const port = nextPort();
    const id = `${++count}-${randomBytes(4).toString("hex")}`;
    const { env: own } = engine.parts().deps.runtime;
    const withheld = new Set([...loginVariables(engine.parts().spec), ...endpoints.shadowedBy, ...hiding(rotations)]);
    const inherited = Object.entries(own).filter(([name, text]) => text !== undefined && !withheld.has(name));
    const env = {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      ...endpoints.values,
      ...(directory === undefined ? values : { CREDENTIALS_DIRECTORY: directory.path }),
      ...(port !== undefined && { [options.portEnv ?? ""]: String(port) }),
      ROTATE_GENERATION: id,
    };
    const child = startChild({ command, env, sockets, onFailure: tellFailure });
    loans.begun({ id, child }, word);
    return { id, env, port, child };
  };
}

/** Tells of what is new, for as long as somebody keeps the rotations fresh. */
async function follow(
  first: Given,
  { engine, source, options, rotations, directory, loans }: Running,
  {
    signal,
    onChange,
    lost,
  }: {
    readonly signal: AbortSignal;
    readonly onChange: (given: Given) => void;
    readonly lost: Promise<void> | undefined;
  },
): Promise<void> {
  const { runtime } = engine.parts().deps;
  const asked = { credential: source.credential, status: engine.status, events: engine.events, now: engine.now };
  const names = givenBy(rotations, options);
  const followed = followValues(first, { engine: asked, names, word: loans.word, runtime, signal }, (given) => {
    directory?.write(given.values);
    onChange(given);
  });
  await Promise.race([followed, ...(lost === undefined ? [] : [lost])]);
}

/** A command that keeps what it has is told of, when that ends before it does. */
async function warnAtEnd({ ends }: Given, { reporter, engine }: Running, signal: AbortSignal): Promise<void> {
  const { runtime } = reporter;
  for (let left = ends - engine.now(); ; left = ends - engine.now()) {
    if (left <= 0) return runtime.log.warn("the command still runs with a credential that is past its end");
    await sleepOrWake(runtime, Math.min(left, 60_000), signal);
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
