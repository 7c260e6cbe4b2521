import { RotateError, type Probe } from "@rotate/plugin-kit";
import {
  badgeJson,
  badgeLine,
  expectNoLeak,
  junitXml,
  mintCanary,
  probeSuite,
  type PromiseResult,
  reportText,
  runSuites,
  secretRef,
} from "@rotate/testkit";
import { expect, test } from "vitest";

interface World {
  isRefusing: boolean;
}
const key = mintCanary("key", { plain: true }).text;

/** A probe that works, or does what the test wants of it. */
function suiteOf(run: (world: World, ctx: Parameters<Probe["run"]>[0]) => Promise<void>) {
  const worlds = new Map<string, World>();
  const probe: Probe = {
    type: "door",
    options: { type: "object", properties: { name: { type: "string" }, key: { type: "string", secret: true } } },
    run: (ctx) => run(worlds.get((ctx.options as { readonly name: string }).name)!, ctx),
  };
  return probeSuite({
    probe,
    start: () => {
      const name = String(worlds.size);
      worlds.set(name, { isRefusing: false });
      return { name, options: { name, key: secretRef(key) }, secrets: [key] };
    },
    refuse: ({ name }) => void (worlds.get(name)!.isRefusing = true),
  });
}

const refuse = (): void => undefined;
const refusal = new RotateError("the door is shut", { code: "FAILED", retryable: true, hint: "open it" });

test("a part that keeps its contract is told so, promise by promise, and what does not concern it is no failure", async () => {
  const seen: string[] = [];
  const suite = suiteOf(async ({ isRefusing }) => {
    if (isRefusing) throw refusal;
  });
  const report = await runSuites([suite], { onResult: ({ id, outcome }) => void seen.push(`${id} ${outcome}`) });
  expect(seen).toEqual([
    "probe-schema kept",
    "probe-works kept",
    "probe-refused kept",
    "probe-signal unconcerned",
    "probe-no-leak kept",
  ]);
  expect(report).toMatchObject({ version: 1, kept: 4, broken: 0, unconcerned: 1 });
  expect(badgeLine(report)).toBe("rotate contract: 4 of 4 promises kept (probe door)");
  expect(JSON.parse(badgeJson(report))).toEqual({
    schemaVersion: 1,
    label: "rotate contract",
    message: "4 of 4 promises kept",
    color: "brightgreen",
  });
});

test("a broken promise says what was found, why it is promised and where that is written down", async () => {
  const report = await runSuites([suiteOf(async () => undefined)]);
  expect(report).toMatchObject({ kept: 3, broken: 1 });
  const text = reportText(report);
  expect(text).toContain("  BROKEN  throws a RotateError with a hint when it does not work\n");
  expect(text).toContain("          run succeeded although the outside refused\n");
  expect(text).toContain("          A probe that passes in an outage lets a broken credential be published.\n");
  expect(text).toContain("          written down in docs/reference/contract.md#probe-refused\n");
  expect(JSON.parse(badgeJson(report))).toMatchObject({ color: "red", message: "3 of 4 promises kept" });
});

/** Things that a part may throw, which must not end the run, nor show the secret that stands in them. */
test.each<readonly [string, unknown]>([
  ["a text", `key ${key}`],
  ["nothing", undefined],
  ["an error with a secret", new Error(`HTTP 401 for ${key}\n<>&"'\u0000\ud800`)],
])("what throws %s breaks promises and leaks nothing into any report", async (_, thrown) => {
  const report = await runSuites([
    suiteOf(async () => {
      throw thrown;
    }),
  ]);
  expect(report.broken).toBeGreaterThan(1);
  const json = JSON.stringify(report);
  await expectNoLeak([key], { junit: junitXml(report), text: reportText(report), json });
});

test("what never ends is cut off and reported, and the rest is tried", async () => {
  const results: PromiseResult[] = [];
  const suite = suiteOf(() => new Promise(() => undefined));
  await runSuites([suite], { timeout: 50, onResult: (result) => void results.push(result) });
  expect(results.map(({ outcome }) => outcome)).toEqual(["kept", "broken", "broken", "unconcerned", "broken"]);
  expect(results[1]?.failure?.message).toBe("it was not done within 0.05 s: a call, or the harness, does not end");
});

test("a world that cannot be opened or closed is a failure of the promise, not of the run", async () => {
  const probe: Probe = { type: "door", options: { type: "object" }, run: async () => undefined };
  const shut = probeSuite({ probe, refuse, start: () => Promise.reject(new Error("no server")) });
  const stuck = probeSuite({
    probe,
    refuse,
    start: () => ({ options: {}, close: () => Promise.reject(new Error("no end")) }),
  });
  const report = await runSuites([shut, stuck]);
  expect(report.suites.map(({ results }) => results[0]?.failure?.message)).toEqual(["no server", "no end"]);
});

test("JUnit XML is well formed, counts, and names promise and page", async () => {
  const xml = junitXml(await runSuites([suiteOf(async () => undefined)]));
  expect(xml).toContain('<testsuites name="rotate contract" tests="5" failures="1"');
  expect(xml).toContain('<testsuite name="probe door keeps the contract" tests="5" failures="1" skipped="1"');
  expect(xml).toContain('<property name="promise" value="probe-refused"/>');
  expect(xml).toMatch(/<failure type="probe-refused" message="broken promise: [^"]+contract\.md#probe-refused\)">/);
  const namesOf = (pattern: RegExp): readonly string[] =>
    [...xml.matchAll(pattern)].map(([, name = ""]) => name).toSorted((a, b) => a.localeCompare(b));
  const open = namesOf(/<(\w+)(?:\s[\w-]+="[^"<]*")*>/g);
  expect(open.length).toBeGreaterThan(6);
  expect(namesOf(/<\/(\w+)>/g)).toEqual(open);
});
