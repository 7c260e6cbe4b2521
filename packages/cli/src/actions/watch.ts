import { resolve } from "node:path";
import {
  createServing,
  followFiles,
  lookoutService,
  openDaemon,
  openEngine,
  openBackend,
  peerService,
  type Runtime,
  type Service,
  type SpecResult,
} from "@rotate/core";
import type { ActionInput, NamesArgs } from "../action.ts";
import { countValue } from "../flag-values.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { createMemory } from "../memory.ts";
import { count } from "../output/event-line.ts";
import { createReporter } from "../reporter.ts";
import { readSpec, SpecError } from "../spec.ts";
import { tracesOf } from "../traces.ts";
import { whoAsks } from "../who-asks.ts";
import type { ViewsOptions } from "../views/service.ts";
import { run } from "./run.ts";

/** As typed; `concurrency` is a whole number. */
export interface WatchFlags {
  readonly once?: boolean;
  readonly concurrency?: string | undefined;
  readonly label?: readonly string[] | undefined;
  readonly listen?: string | undefined;
  readonly "listen-host"?: readonly string[] | undefined;
  readonly "listen-health"?: string | undefined;
}
interface Input extends ActionInput<WatchFlags, NamesArgs> {
  /** Of this rotate. */
  readonly version: string;
}

/** `rotate watch`: keeps every rotation fresh until a signal to stop, then finishes what it has begun. */
export async function watchSpec(input: Input): Promise<unknown> {
  const { flags, args, terminal } = input;
  if (flags.once === true) return run({ ...input, flags: { ...flags, force: false } });
  const { "log-level": level, "log-format": format, "state-dir": stateDir } = flags;
  const concurrency = countValue("concurrency", flags.concurrency);
  const addresses = await addressesOf(flags);
  const omit = ["retry-scheduled"] as const;
  const { runtime, onEvent, tellBy } = createReporter({ terminal, level, format, board: false, omit });
  const spec = await readSpec(flags.file, terminal, { stateDir, cache: input.specCache });
  for (const { message, path } of spec.warnings) runtime.log.warn(message, { path });
  const state = stateDir === undefined ? {} : { stateDir: resolve(stateDir) };
  const backend = await openBackend({ spec, runtime, labels: flags.label, patient: true, ...state });
  try {
    const engine = await openEngine({ spec, runtime, backend, onEvent, by: whoAsks() });
    tellBy(engine.now);
    runtime.log.info(`watching ${count(spec.rotations.length, "rotation")} of ${spec.file}`);
    const stopTraces = await tracesOf(engine.events, { ...runtime, version: input.version });
    const serving = createServing(engine, args.names);
    const daemon = await openDaemon(engine, {
      names: args.names ?? [],
      serving,
      services: [
        peerService(engine, input.version),
        lookoutService(engine, { version: input.version }),
        await controlOf(backend.place, runtime),
        serving,
        ...(await servicesOf(input, addresses, runtime)),
        ...(await notifyOf(runtime)),
      ],
      ...(concurrency !== undefined && { concurrency }),
      load: () => readAgain(input, runtime.log),
      follow: (changed) => followFiles(changed),
      atRest: createMemory(runtime).giveBack,
    });
    const finishing = (): void => runtime.log.info("finishing what has begun; once more stops at once");
    const interrupt = listenForInterrupt(finishing, ["SIGINT", "SIGTERM"]); // SIGHUP reads the spec again
    interrupt.signal.addEventListener("abort", () => void daemon.stop());
    const confirm = (): void => daemon.reload({ confirmed: true });
    process.on("SIGHUP", confirm);
    await daemon.ended;
    await stopTraces();
    process.off("SIGHUP", confirm);
    interrupt.release();
  } finally {
    await backend.close();
  }
  runtime.log.info("stopped: what had begun is finished");
  return undefined;
}

type Addresses = Pick<ViewsOptions, "listen" | "listenHealth">;

async function addressesOf({ listen, "listen-health": health }: WatchFlags): Promise<Addresses> {
  if (listen === undefined && health === undefined) return {};
  const { readAddress } = await import("../views/address.ts");
  return {
    listen: listen === undefined ? undefined : readAddress("listen", listen),
    listenHealth: health === undefined ? undefined : readAddress("listen-health", health),
  };
}

async function controlOf(directory: string, runtime: Runtime): Promise<Service> {
  const { createControl } = await import("../control/service.ts");
  return createControl({ directory, runtime });
}

/** A unit that waits to hear of us. The last to start: then all others listen. */
async function notifyOf(runtime: Runtime): Promise<readonly Service[]> {
  if (!process.env["NOTIFY_SOCKET"]) return [];
  const { createNotify } = await import("../systemd/notify.ts");
  const service = createNotify(runtime, process.env);
  return service === undefined ? [] : [service];
}

/** What nobody asked for is not loaded. */
async function servicesOf(
  { flags, version }: Input,
  addresses: Addresses,
  runtime: Runtime,
): Promise<readonly Service[]> {
  if (addresses.listen === undefined && addresses.listenHealth === undefined) return [];
  const { createViews } = await import("../views/service.ts");
  return [createViews({ ...addresses, hosts: flags["listen-host"] ?? [], version, runtime })];
}

/** The spec as it is now, for a daemon; what is wrong with it in one text. */
export async function readAgain(
  { flags, terminal, specCache: cache }: Pick<ActionInput<object, unknown>, "flags" | "terminal" | "specCache">,
  log: Runtime["log"],
): Promise<SpecResult> {
  try {
    const spec = await readSpec(flags.file, terminal, { whole: true, stateDir: flags["state-dir"], cache });
    for (const { message, path } of spec.warnings) log.warn(message, { path });
    return { spec };
  } catch (error) {
    if (error instanceof SpecError) return { problem: error.text };
    throw error;
  }
}
