import { existsSync, mkdirSync } from "node:fs";
import { mintCanary } from "@rotate/testkit";
import { expect, test } from "vitest";
import { expectRecovered, expectRefused, openScene, specWith, type Refusal } from "./support.ts";

const good = specWith();
const literal = `dapi${mintCanary("literal", { plain: true }).text}`;

interface Fault extends Partial<Refusal> {
  readonly spec: string;
  readonly what: RegExp;
  readonly todo: RegExp;
}

const faults: Readonly<Record<string, Fault>> = {
  "is empty": { spec: "", what: /the spec is empty/, todo: /begins with `version: 1`/ },
  "is a comment": { spec: "# later\n", what: /the spec is empty/, todo: /begins with `version: 1`/ },
  "is no YAML": { spec: `${good}\t- x: [`, what: /invalid YAML/, todo: /^ {2}\S.*$/m },
  "is a program": {
    spec: "\u007fELF\u0002\u0001\u001b[2J\u0000",
    what: /rotate\.yaml/,
    todo: /rotate explain ROTATE_SPEC_INVALID/,
  },
  "has an unknown key": {
    spec: good.replace("request:", "requst:"),
    what: /unknown key "requst"/,
    todo: /did you mean "request"\?/,
  },
  "has a wrong type": {
    spec: `${good}    reload: { type: exec }\n`,
    what: /reload must be a list/,
    todo: /write it as a list/,
  },
  "has a secret in it": {
    spec: good.replace("{ env: DATABRICKS_TOKEN }", literal),
    what: /auth\.token is secret, so it must not be written in the spec/,
    todo: /\{ env: NAME \}, \{ file: PATH \}/,
  },
  "names a provider that there is not": {
    spec: good.replace("databricks-postgres", "databrick-postgres"),
    what: /"databrick-postgres", which is not known/,
    todo: /did you mean "databricks-postgres"\?/,
  },
  "names a field that the provider does not mint": {
    spec: good.replace("{{ token }}", "{{ tokn }}"),
    what: /the credential has no field "tokn"/,
    todo: /did you mean "token"\?/,
  },
};

/** JSON carries text in quotes: a pattern has to match either way. */
function alsoInJson(pattern: RegExp): RegExp {
  return new RegExp(pattern.source.replaceAll('"', String.raw`\\?"`), pattern.flags);
}

test.each(Object.entries(faults))("a spec that %s is refused before anything is touched", async (_, fault) => {
  const scene = await openScene({ spec: fault.spec, secrets: [literal] });
  const { what, todo } = fault;
  await expectRefused(scene, ["run"], { exit: 2, what: alsoInJson(what), todo, see: "rotate_spec_invalid" });
  expect(existsSync(scene.path("state"))).toBe(false);
});

test("two faults are told at once, each at its place", async () => {
  const spec = good.replace("ttl: 1h", "ttl: soon").replace("type: dotenv", "type: dotenvv");
  const scene = await openScene({ spec });
  const { code, stderr } = await scene.rotate(["run"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/rotate\.yaml:7:\d+ error: .*ttl must be a duration/);
  expect(stderr).toMatch(/rotate\.yaml:11:\d+ error: .*"dotenvv", which is not known/);
  expect(stderr).toContain("2 faults in the spec");
  scene.write("rotate.yaml", good);
  await expectRecovered(scene);
});

test("no spec, a folder in its place and an empty standard input are told apart, and the next good run works", async () => {
  const scene = await openScene();
  const base = { exit: 2, see: "rotate_spec_invalid" };
  await expectRefused(scene, ["run", "-f", "other.yaml"], { ...base, what: /no such file/, todo: /-f FILE/ });
  mkdirSync(scene.path("folder"));
  await expectRefused(scene, ["run", "-f", "folder"], { ...base, what: /a directory, not a spec/, todo: /with -f/ });
  await expectRefused(scene, ["run", "-f", "-"], { ...base, stdin: "", what: /the spec is empty/, todo: /version: 1/ });
  expect(scene.double.requests).toEqual([]);
  await expectRecovered(scene);
});

test("a variable that is not set is named before anything is minted", async () => {
  const scene = await openScene({ spec: good.replace("DATABRICKS_TOKEN", "LAKEBASE_TOKEN") });
  const refusal = { what: /environment variable LAKEBASE_TOKEN is not set/, todo: /set it where rotate is started/ };
  await expectRefused(scene, ["run", "--force", "--timeout", "0s"], { exit: 1, ...refusal, see: "not_found" });
  expect(scene.double.requests).toEqual([]);
  scene.write("rotate.yaml", good);
  await expectRecovered(scene);
});
