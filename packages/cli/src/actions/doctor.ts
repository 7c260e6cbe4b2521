import { resolve } from "node:path";
import { createRuntime, diagnose, type DoctorReport } from "@rotate/core";
import { exitWith, type ActionInput } from "../action.ts";
import { renderDoctor } from "../output/doctor-text.ts";
import { lookOf } from "../output/look.ts";
import { load } from "../spec.ts";
import { pluginNames } from "../third-party.ts";

/** `ignore`: codes that somebody chose to live with. `resolve-exec`: run the commands of `exec` references as well. */
export interface DoctorFlags {
  readonly ignore?: readonly string[] | undefined;
  readonly "resolve-exec"?: boolean;
}

/** `rotate doctor`: what is wrong, and what to do; 1 when it is more than notes. */
export async function doctor({ flags, json, terminal }: ActionInput<DoctorFlags, object>): Promise<DoctorReport> {
  const { file, "state-dir": stateDir, ignore = [] } = flags;
  const skews = new Map<string, number>();
  const runtime = createRuntime({ onSkew: (milliseconds, host) => void skews.set(host, milliseconds) });
  terminal.setMask(runtime.masker.mask);
  const report = await diagnose({
    loaded: await load(file, { stateDir }),
    file: file === "-" ? file : resolve(file),
    plugins: file === "-" ? [] : await pluginNames(file), // standard input was read already
    runtime,
    skews,
    ignore: ignore.map((code) => code.toUpperCase()),
    resolveExec: flags["resolve-exec"] ?? false,
    ...(stateDir !== undefined && { stateDir: resolve(stateDir) }),
  });
  if (!json) terminal.out(renderDoctor(report, lookOf(terminal, runtime.now())));
  exitWith(report.healthy ? 0 : 1);
  return report;
}
