import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { editDocument } from "../src/document/edit.ts";
import { yaml } from "../src/document/yaml.ts";
import { freshDirectory } from "./support.ts";

const hasPython = spawnSync("python3", ["-c", "import yaml"]).status === 0;

/** PyYAML knows merge keys, as Compose, Ruby and Go do; the parser that edits does not expand them. */
function byPython(...texts: readonly Buffer[]): readonly unknown[] {
  const directory = freshDirectory();
  const paths = texts.map((text, index) => {
    writeFileSync(`${directory}/${index}.yaml`, text);
    return `${directory}/${index}.yaml`;
  });
  const program =
    "import json,sys,yaml; print(json.dumps([yaml.safe_load(open(p)) for p in sys.argv[1:]], default=str))";
  const { stdout, stderr } = spawnSync("python3", ["-c", program, ...paths]);
  if (stderr.length > 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString()) as readonly unknown[];
}

type Tree = { [key: string]: Tree | string };

function withValue(tree: unknown, pointer: string, value: string): unknown {
  const copy = structuredClone(tree) as Tree;
  const steps = pointer.slice(1).split("/");
  let at = copy;
  for (const step of steps.slice(0, -1)) at = (at[step] ??= {}) as Tree;
  at[steps.at(-1) ?? ""] = value;
  return copy;
}

const compose = `# shared by all services
x-logging: &logging
  driver: json-file
  options: { max-size: "10m", max-file: '3' }   # keep small

x-env: &env
  TZ: Europe/Berlin
  LOG_LEVEL: info
  FEATURES: "yes"

services:
  web:
    image: "registry.example.com/web:1.2"
    logging: *logging
    environment:
      <<: *env
      PORT: 8080
      TOKEN: old
    ports:
      - "80:8080"
      - 443:8443
    command: >
      serve
      --all
  worker:
    image: registry.example.com/web:1.2
    logging: *logging
    environment: { <<: *env, QUEUE: jobs }
volumes:
  data:
`;

const workflow = `name: deploy
on:
  push: { branches: [main] }
env:
  REGION: eu-central-1
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - name: deploy
      run: |
        set -e
        ./deploy.sh   # with care

      env:
        TOKEN: "\${{ secrets.TOKEN }}"
`;

const spring = `spring:
    datasource:
        url: jdbc:postgresql://db/app
        username: app
        password: changeme   # rotated
    profiles.active: prod
---
`.replace("---\n", "");

interface Real {
  readonly name: string;
  readonly text: string;
  readonly key: string;
}

const files: readonly Real[] = [
  { name: "compose: a variable that stands there", text: compose, key: "/services/web/environment/TOKEN" },
  { name: "compose: a new variable beside merged ones", text: compose, key: "/services/web/environment/NEW" },
  { name: "compose: one over a merged one", text: compose, key: "/services/web/environment/TZ" },
  { name: "compose: in braces", text: compose, key: "/services/worker/environment/TOKEN" },
  { name: "compose: a mapping that is not there yet", text: compose, key: "/services/web/labels/token" },
  { name: "compose: at the top", text: compose, key: "/x-token" },
  { name: "compose: with CR LF", text: compose.replaceAll("\n", "\r\n"), key: "/services/web/environment/NEW" },
  { name: "workflow: a variable of a step", text: workflow, key: "/jobs/build/steps/1/env/TOKEN" },
  { name: "workflow: a new variable", text: workflow, key: "/env/TOKEN" },
  { name: "spring: a password", text: spring, key: "/spring/datasource/password" },
  { name: "spring: a new key", text: spring, key: "/spring/datasource/hikari/password" },
];
const value = "p\u00e4ss: #'\"\\ %x";

test.skipIf(!hasPython).for(files)("PyYAML reads the edit as it is meant: $name", ({ text, key }) => {
  const before = Buffer.from(text);
  const after = editDocument(yaml, before, { [key]: value });
  const [was, is] = byPython(before, after);
  expect(is).toEqual(withValue(was, key, value));
});

test.skipIf(!hasPython)("PyYAML reads a value that the pointer sets in an anchored mapping wherever it is used", () => {
  const after = editDocument(yaml, Buffer.from(compose), { "/x-env/TZ": "UTC", "/x-env/TOKEN": "new" });
  const [is] = byPython(after) as [{ services: Record<string, { environment: unknown }> }];
  expect(is.services["web"]?.environment).toMatchObject({ TZ: "UTC", TOKEN: "old", PORT: 8080 });
  expect(is.services["worker"]?.environment).toEqual({
    TZ: "UTC",
    TOKEN: "new",
    LOG_LEVEL: "info",
    FEATURES: "yes",
    QUEUE: "jobs",
  });
});
