/** docs/reference/metrics.md, made from what is told to Prometheus. `npm run docs` writes it; a test compares. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EngineEvent, metricsOf, metricStates, type RotationStatus, type Spec } from "@rotate/core";
import { createCounters } from "../../packages/cli/src/views/counters.ts";
import { cell, code, table } from "./tables.ts";
import { root } from "./workspace.ts";

/** The page with every metric. */
export const metricsPage = join(root, "docs/reference/metrics.md");

const head = `# Every metric

Made from the sources by \`npm run docs\`. The gauges are told by \`watch\` at \`/metrics\` and in the file of \`monitor.textfile\`; what is counted only by \`watch\`, since its start. Instants are seconds since 1970, durations seconds.
What they are for, and the alarms made of them: [seen from outside](../guide/seen-from-outside.md#metrics), [monitoring](../monitoring/README.md).
`;

const instant = "2030-01-31T12:00:00.000Z";

/** A rotation of which everything is known. */
const known: RotationStatus = {
  name: "app",
  provider: "issuer",
  state: "fresh",
  code: "fresh",
  exit: 0,
  expiresAt: instant,
  deadline: instant,
  nextAt: instant,
  lastSuccess: instant,
  credential: { fingerprint: "", issuedAt: instant },
  leases: [],
  warnings: [],
};

/** The page as text. */
export async function renderMetricsDocs(): Promise<string> {
  const gauges = metricsOf([known], { version: "", lastTick: 0, specValid: true, clockSkew: 0 });
  const rows = gauges.map(({ name, help, samples: [sample] }) => [
    code(name),
    labelsOf(Object.keys(sample?.labels ?? {})),
    cell(help),
  ]);
  const states = metricStates.map(code).join(", ");
  return [
    head,
    `## Gauges\n\n${table(["gauge", "labels", "meaning"], rows)}`,
    `\`state\` is one of ${states}. Above 1,000 rotations \`rotate_credential_state\` counts them by provider and state. What is not known has no series.\n`,
    `## Counted\n\n${table(["name", "is a", "labels", "meaning"], await counted())}`,
  ].join("\n");
}

function labelsOf(names: readonly string[]): string {
  return names.map(code).join(", ");
}

/** What a daemon counts, after one rotation that failed. */
async function counted(): Promise<readonly (readonly string[])[]> {
  const heard: ((event: EngineEvent) => void | Promise<void>)[] = [];
  const spec = { rotations: [{ name: "app", provider: { name: "issuer" } }] } as unknown as Spec;
  const counters = await createCounters({
    events: { on: (hear) => (heard.push(hear), () => undefined) },
    spec: () => spec,
  });
  for (const hear of heard) await hear(failure);
  const text = await counters.text();
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name = "", help = "", type = ""]) => {
    const [, labels = ""] = new RegExp(`^${name}(?:_bucket)?\\{(.*)\\}`, "m").exec(text) ?? [];
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label).filter((label) => label !== "le");
    return [code(name), type, labelsOf(names), cell(help)];
  });
}

const failure: EngineEvent = {
  type: "rotation-finished",
  rotation: "app",
  report: {
    name: "app",
    provider: "issuer",
    outcome: "failed",
    reason: "",
    standing: { state: "failing", code: "failing", exit: 1 },
    sinks: [],
    phases: [
      { phase: "mint", result: "failed", durationMs: 0, error: { code: "", message: "", hint: "", retryable: true } },
    ],
  },
};

if (import.meta.main) writeFileSync(metricsPage, await renderMetricsDocs());
