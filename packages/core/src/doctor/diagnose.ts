import { dirname } from "node:path";
import { createLog, type Runtime } from "@rotate/runtime";
import { openEngine } from "../engine/engine.ts";
import { riskOf } from "../engine/plan.ts";
import type { LoadedSpec } from "../loading/load-options.ts";
import type { Diagnostic, Spec } from "../loading/model.ts";
import { inspectPlugin } from "../plugins/plugins.ts";
import type { PlanReport, PlanRisk } from "../plan-report.ts";
import { shadowFindings, userFindings, userName } from "./environment.ts";
import { leftOverFindings, rootFindings, spaceFindings, type User } from "./files.ts";
import { sortFindings, type DoctorReport, type Examination, type Finding } from "./finding.ts";
import { clockFindings, listening, proxyFindings, type Asked } from "./network.ts";
import { weakNode } from "./node-level.ts";
import { standingsIn } from "./standings.ts";
import { lookAtState } from "./state.ts";

/** Who is looked at. */
export interface DiagnoseOptions {
  /** The spec as it was loaded, or what is wrong with it. */
  readonly loaded: LoadedSpec;
  /** Its path, and the programs that it names as plugins. */
  readonly file: string;
  readonly plugins: readonly string[];
  readonly runtime: Runtime;
  /** Filled by the runtime's `onSkew`: ms by host. */
  readonly skews: ReadonlyMap<string, number>;
  /** `--state-dir`, absolute. */
  readonly stateDir?: string | undefined;
  /** Run the commands of `exec` references as well. */
  readonly resolveExec?: boolean;
  /** Codes that somebody chose to live with. */
  readonly ignore?: readonly string[];
  /** Default: the one that runs. */
  readonly node?: string;
}

interface Looked {
  readonly examined: Examination;
  readonly findings: readonly Finding[];
}

/** Looks at the machine, the spec and all that it touches. Mints nothing, writes nothing, and leaves no state where there was none. */
export async function diagnose(options: DiagnoseOptions): Promise<DoctorReport> {
  const { loaded, ignore = [], node = process.versions.node } = options;
  const user = { uid: process.geteuid?.(), gid: process.getegid?.() };
  const looked = [
    look("Node", node, [weakNode(node)]),
    look(
      "user",
      `${userName() ?? "without a name"}${user.uid === undefined ? "" : ` (uid ${user.uid})`}`,
      userFindings(user.uid),
    ),
    ...(await lookAtPlugins(options)),
    lookAtSpec(options),
    ...(loaded.spec === undefined ? withoutSpec : await lookAtSpecsWorld(loaded.spec, options, user)),
  ];
  const all = sortFindings(looked.flatMap(({ findings }) => findings));
  const findings = all.filter(({ code }) => !ignore.includes(code));
  return {
    version: 1,
    healthy: findings.every(({ severity }) => severity === "note"),
    examined: looked.map(({ examined }) => examined),
    findings,
    ignored: [...new Set(all.flatMap(({ code }) => (ignore.includes(code) ? [code] : [])))],
  };
}

function look(name: string, seen: string, found: readonly (Finding | undefined)[]): Looked {
  const findings = found.filter((finding) => finding !== undefined);
  return { examined: { name, seen, result: findings.length === 0 ? "good" : "found" }, findings };
}

function notLooked(name: string, why: string): Looked {
  return { examined: { name, seen: why, result: "not-looked-at" }, findings: [] };
}

const withoutSpec = [notLooked("all else", "there is no spec to look by")];

async function lookAtPlugins({ plugins, file }: DiagnoseOptions): Promise<readonly Looked[]> {
  if (plugins.length === 0) return [];
  const reports = await Promise.all(plugins.map((name) => inspectPlugin(name, dirname(file))));
  const findings = reports.flatMap(({ name, state, problem, hint }): readonly Finding[] =>
    state === "approved"
      ? []
      : [
          {
            code: "ROTATE_RISK_PLUGIN",
            severity: "error",
            about: name,
            message: problem ?? `plugin ${name} is ${state}`,
            remedy: hint ?? `look at it, then \`rotate plugin approve ${name}\``,
          },
        ],
  );
  return [
    look("plugins", `${plugins.length} named, ${plugins.length - findings.length} as they were approved`, findings),
  ];
}

/** What is wrong with a plugin is told of the plugin. */
function lookAtSpec({ loaded: { spec, diagnostics }, file }: DiagnoseOptions): Looked {
  const findings = diagnostics.filter(({ path }) => !path.startsWith("plugins[")).map(findingOf);
  const seen = spec === undefined ? `${file}: cannot be used` : `${spec.file}, rotations: ${spec.rotations.length}`;
  return look("spec", seen, findings);
}

function findingOf({ severity, file, line, column, path, message, hint }: Diagnostic): Finding {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return {
    ...(severity === "error" ? { code: "ROTATE_SPEC_INVALID" } : { code: "ROTATE_RISK_SPEC" }),
    severity,
    about: path === "" ? place : `${place} ${path}`,
    message,
    remedy: hint ?? "`rotate validate` shows the place",
  };
}

async function lookAtSpecsWorld(spec: Spec, options: DiagnoseOptions, user: User): Promise<readonly Looked[]> {
  const { skews, stateDir } = options;
  const told: PlanRisk[] = [];
  const warn: Runtime["log"]["warn"] = (...said) => void told.push(riskOf(said));
  const log = {
    ...createLog({ write: () => undefined, masker: options.runtime.masker, now: options.runtime.now }),
    warn,
  };
  const asked = listening({ ...options.runtime, log }, skews);
  const { runtime } = asked;
  const state = await lookAtState({ spec, runtime, stateDir });
  try {
    const plan = state.backend && (await planOver(state.backend, { spec, runtime, options }));
    const known = new Set(state.findings.map(({ code }) => code));
    const more = told.filter(({ code }) => !known.has(code)).map((risk) => findingOfRisk(risk, state.directory));
    const ofState = [...state.findings, ...more];
    return [
      look("state", `${state.directory}${state.exists ? "" : ", not there yet"}`, ofState),
      look("roots", "the spec, and what it reads", rootFindings(spec, runtime, user)),
      plan === undefined ? notLooked("checks", "the state cannot be used") : lookAtPlan(plan),
      ...(plan === undefined ? [] : [{ examined: standingsIn(plan), findings: [] }]),
      look("disk", "the state, and the sinks' files", spaceFindings(spec, state.directory)),
      look("left-overs", "beside the sinks' files", await leftOverFindings(spec, runtime.now())),
      look("environment", "what could hide what is written", shadowFindings(spec, runtime.env)),
      ...lookAtNetwork(asked),
    ];
  } finally {
    await state.close();
  }
}

/** The plan of a spec, over its state or, where there is none yet, over one that is thrown away. Undefined where the state cannot be used. */
export async function tryPlan(about: {
  readonly spec: Spec;
  readonly runtime: Runtime;
  readonly stateDir?: string | undefined;
}): Promise<PlanReport | undefined> {
  const state = await lookAtState(about);
  try {
    return state.backend && (await planOver(state.backend, { ...about, options: {} }));
  } finally {
    await state.close();
  }
}

async function planOver(
  backend: Parameters<typeof openEngine>[0]["backend"],
  {
    spec,
    runtime,
    options,
  }: { readonly spec: Spec; readonly runtime: Runtime; readonly options: Pick<DiagnoseOptions, "resolveExec"> },
): Promise<PlanReport> {
  const engine = await openEngine({ spec, runtime, backend });
  return engine.plan({ resolveExec: options.resolveExec ?? false });
}

function lookAtPlan({ rotations }: PlanReport): Looked {
  const checks = rotations.flatMap((rotation) => rotation.checks);
  const failed = rotations.flatMap(({ name, checks: own }) =>
    own.flatMap(({ what, result, error }): readonly Finding[] =>
      result !== "failed" || error === undefined
        ? []
        : [
            {
              code: error.code,
              severity: "error",
              about: what,
              message: error.message,
              remedy: error.hint ?? `\`rotate explain ${error.code}\``,
              rotations: [name],
            },
          ],
    ),
  );
  const risks = rotations.flatMap(({ name, risks: own = [] }) =>
    own.map((risk) => ({ ...findingOfRisk(risk, name), rotations: [name] })),
  );
  const passed = checks.filter(({ result }) => result === "ok").length;
  const left = checks.filter(({ result }) => result === "not-checked").length;
  const rest = left === 0 ? "" : `, ${left} not made (--resolve-exec)`;
  return look("checks", `of providers, sinks and reloads: ${passed} of ${checks.length} passed${rest}`, [
    ...failed,
    ...risks,
  ]);
}

function findingOfRisk({ code, message, path, remedy }: PlanRisk, about: string): Finding {
  return {
    code,
    severity: "warning",
    about: path ?? about,
    message,
    remedy: remedy ?? "see what the message names, and the page of the plugin in docs/plugins",
  };
}

function lookAtNetwork(asked: Asked): readonly Looked[] {
  const proxies = proxyFindings(asked, asked.runtime.env);
  const clocks = [...asked.skews.keys()];
  return [
    clocks.length === 0
      ? notLooked("clock", "no issuer answered with a time of its own")
      : look("clock", `against ${clocks.join(", ")}`, clockFindings(asked)),
    look(
      "proxy",
      asked.hosts.size === 0 ? "nobody was asked over HTTP" : `asked: ${[...asked.hosts.keys()].join(", ")}`,
      proxies,
    ),
  ];
}
