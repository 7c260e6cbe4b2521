/** A program's parts in the shapes of the built-ins: whoever plans, verifies, writes or reports treats them alike. */
import {
  type Context,
  definePlugin,
  type Notifier,
  type Plugin,
  type Probe,
  type Reload,
  type WrittenSink,
} from "@rotate/plugin-kit";
import { type Ask, askWith, nothing, type Provisions, when } from "./ask.ts";
import type { DescribedPart, Description, ProgramKind } from "./describe.ts";
import { factsOf } from "./facts.ts";
import type { Program } from "./program.ts";
import { providerOf } from "./provider-part.ts";
import { sinkOf } from "./sink-part.ts";

/** The plugin that a program or a package is. Starts nothing. */
export function pluginOf(program: Program, description: Description, provide?: Provisions): Plugin {
  function made<P>(kind: ProgramKind, make: (part: DescribedPart, ask: Ask, program: Program) => P): readonly P[] {
    const parts = description[kind] ?? [];
    return parts.map((part) => {
      const path = `${kind}/${part.type}`;
      return make(part, askWith(program, { path, part, provide }), program);
    });
  }
  return definePlugin({
    providers: made("providers", providerOf),
    sinks: made("sinks", sinkOf),
    reloads: made("reloads", reloadOf),
    probes: made("probes", probeOf),
    notifiers: made("notifiers", notifierOf),
  });
}

function reloadOf(part: DescribedPart, ask: Ask): Reload {
  const { type, options, adopts = false } = part;
  return {
    type,
    options,
    ...factsOf(part, ask),
    adopts: () => adopts,
    run: async (event, ctx) => nothing(await ask("reload", { event }, ctx)),
    ...when(part, "check", {
      check: async (ctx: Context, planned?: readonly WrittenSink[]) =>
        nothing(await ask("check", { ...(planned && { planned }) }, ctx)),
    }),
  };
}

function probeOf(part: DescribedPart, ask: Ask): Probe {
  const { type, options } = part;
  return { type, options, ...factsOf(part, ask), run: async (ctx) => nothing(await ask("probe", {}, ctx)) };
}

function notifierOf(part: DescribedPart, ask: Ask): Notifier {
  const { type, options } = part;
  return {
    type,
    options,
    ...factsOf(part, ask),
    send: async (alarm, ctx) => nothing(await ask("notify", { alarm }, ctx)),
    ...when(part, "check", { check: async (ctx: Context) => nothing(await ask("check", {}, ctx)) }),
  };
}
