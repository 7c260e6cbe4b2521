/** What is promised of each part of a plugin, on the outside that the author's harness plays. */
import { programKinds, type Parts, type ProgramKind } from "@rotate/core";
import type { Notifier, Plugin, Probe, Provider, Reload, Sink } from "@rotate/plugin-kit";
import { notifierSuite, probeSuite, providerSuite, reloadSuite, sinkSuite, type Suite } from "@rotate/testkit";
import { weekSuite, type WeekHarness } from "../week/index.ts";
import type { HarnessProgram } from "./harness-program.ts";
import { harnessOn, type PlayedStage } from "./played-stage.ts";

type Played = Pick<PlayedStage, "played">;
type Common = ReturnType<typeof harnessOn>;

function ask(verb: string) {
  return async ({ played }: Played): Promise<never> => (await played.ask(verb)) as never;
}

function providerOn(common: Common, provider: Provider): WeekHarness<PlayedStage> {
  const { verbs } = common;
  return {
    ...common,
    provider,
    ...(verbs.includes("http") && { cutAt: ({ played }: Played, nth: number) => played.way.cutAt(nth) }),
    ...(verbs.includes("isLive") && {
      isLive: async ({ played }: Played, fields: object) => (await played.ask("isLive", { fields })) === true,
    }),
  };
}

function sinkOn(common: Common, sink: Sink): Suite {
  const { verbs } = common;
  return sinkSuite({
    ...common,
    sink,
    snapshot: ask("snapshot"),
    readBack: ask("readBack"),
    meddle: ask("meddle"),
    ...(verbs.includes("blind") && { blind: true as const }),
  });
}

function reloadOn(common: Common, reload: Reload): Suite {
  return reloadSuite({ ...common, reload, count: ask("count") });
}

function probeOn(common: Common, probe: Probe): Suite {
  return probeSuite({ ...common, probe });
}

function notifierOn(common: Common, notifier: Notifier): Suite {
  return notifierSuite({ ...common, notifier, received: ask("received") });
}

const suiteOn: { readonly [K in ProgramKind]: (common: Common, part: Parts[K]) => Suite } = {
  providers: (common, part) => providerSuite(providerOn(common, part)),
  sinks: sinkOn,
  reloads: reloadOn,
  probes: probeOn,
  notifiers: notifierOn,
};

/** One suite for each part. @param spoil false: without those promises that are about faults on the way, which take longest */
export function suitesOf(plugin: Plugin, program: HarnessProgram, spoil = true): readonly Suite[] {
  function suitesIn<K extends ProgramKind>(kind: K, parts: readonly Parts[K][]): readonly Suite[] {
    return parts.map((part) => {
      const { type, options } = part;
      return suiteOn[kind](harnessOn(program, { part: `${kind}/${type}`, options, spoil }), part);
    });
  }
  return programKinds.flatMap((kind) => suitesIn(kind, plugin[kind]));
}

/** A week of each provider. */
export function weeksOf({ providers }: Plugin, program: HarnessProgram): readonly Suite[] {
  return providers.map((part) => {
    const { type, options } = part;
    return weekSuite(providerOn(harnessOn(program, { part: `providers/${type}`, options, spoil: true }), part));
  });
}
