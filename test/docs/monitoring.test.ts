import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { metricsOf, metricsText, type RotationStatus } from "@rotate/core";
import { skippedWithout } from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { promtoolProgram } from "../support/promtool.ts";
import { filesUnder, root } from "../support/workspace.ts";

const folder = join(root, "docs/monitoring");
const rules = readFileSync(join(folder, "rotate.rules.yaml"), "utf8");
const dashboard = readFileSync(join(folder, "rotate.dashboard.json"), "utf8");
const page = readFileSync(join(folder, "README.md"), "utf8");

const rotation: RotationStatus = {
  name: "db",
  provider: "vault",
  state: "fresh",
  code: "fresh",
  exit: 0,
  expiresAt: "2026-01-01T01:00:00.000Z",
  deadline: "2026-01-01T00:54:00.000Z",
  nextAt: "2026-01-01T00:40:00.000Z",
  lastSuccess: "2026-01-01T00:00:00.000Z",
  credential: { fingerprint: "f1", issuedAt: "2026-01-01T00:00:00.000Z" },
  leases: [],
  warnings: [],
};
const metrics = metricsOf([rotation], { version: "1", lastTick: 1, specValid: true, clockSkew: 0 });

/** Every series of rotate that a text names. */
function seriesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\brotate_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, "")))];
}

/** Those of `/metrics` alone: counters and histograms. */
function countersInSources(): readonly string[] {
  return filesUnder("packages/cli/src", ".ts").flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/"(rotate_[a-z_]+)"/g)].map(([, name = ""]) => name),
  );
}

describe("the alert rules and the dashboard", () => {
  test("name only series that there are", () => {
    const known = [...metrics.map(({ name }) => name), ...countersInSources()];
    expect([...seriesIn(rules), ...seriesIn(dashboard)].filter((name) => !known.includes(name))).toEqual([]);
  });

  test("every series of a text file has its row on the page", () => {
    for (const { name } of metrics) expect(page).toContain(`| \`${name}\` |`);
  });
});

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
  }[];
}

describe("what the alert rules are held to", () => {
  const { groups } = parse(rules) as Rules;
  const { tests } = parse(readFileSync(join(folder, "rotate.rules.test.yaml"), "utf8")) as RuleTests;
  const cases = tests.flatMap((one) => one.alert_rule_test);

  test.each(groups.flatMap((group) => group.rules).map(({ alert }) => alert))(
    "%s: an instant at which it is silent, and one at which it fires",
    (alert) => {
      const fires = cases.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0);
      expect(new Set(fires)).toEqual(new Set([false, true]));
    },
  );
});

const program = promtoolProgram();

function promtool(argv: readonly string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(program!, argv, { cwd: folder, encoding: "utf8", input });
  return { status, said: stdout + stderr };
}

describe.skipIf(program === undefined)(`held against Prometheus${skippedWithout(program, "promtool")}`, () => {
  test("the alert rules are sound, and fire and stay silent when they should", () => {
    expect(promtool(["check", "rules", "rotate.rules.yaml"])).toMatchObject({ status: 0 });
    expect(promtool(["test", "rules", "rotate.rules.test.yaml"])).toMatchObject({ status: 0 });
  });

  test("every query of the dashboard is one", () => {
    const queries = [...dashboard.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(
      ([, text = ""]) => JSON.parse(text) as string,
    );
    expect(queries.length).toBeGreaterThan(5);
    const records = queries.map((expr, at) => ({ record: `query:${at}`, expr: expr.replaceAll(/\$__\w+/g, "5m") }));
    const file = join(mkdtempSync(join(tmpdir(), "rotate-queries-")), "queries.yaml");
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules: records }] }));
    expect(promtool(["check", "rules", file])).toMatchObject({ status: 0 });
  });

  test("the metrics are what its parser and its customs ask for", () => {
    expect(promtool(["check", "metrics"], metricsText(metrics))).toEqual({ status: 0, said: "" });
  });
});
