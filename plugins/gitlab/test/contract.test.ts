import { createGitlabDouble, type GitlabDouble } from "@rotate/doubles";
import { sinkContract, type SinkStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { key, optionsFor, place, sink } from "./support.ts";

interface LabStage extends SinkStage {
  readonly gitlab: GitlabDouble;
}

const group = { place: { of: "group", group: "acme" } };
const cases = [
  { name: "on nothing", where: place, more: {}, before: undefined, scope: "*" },
  {
    name: "on what is there",
    where: place,
    more: {},
    before: { value: "theirs-0000", masked: true, raw: true },
    scope: "*",
  },
  {
    name: "in a scope of a group, beside another",
    where: "groups/acme",
    more: { ...group, environmentScope: "production" },
    before: { value: "of-staging", environment_scope: "staging" },
    scope: "production",
  },
];

describe.each(cases)("$name", ({ where, more, before, scope }) => {
  sinkContract<LabStage>(
    { describe, test },
    {
      sink,
      async start() {
        const gitlab = await createGitlabDouble();
        if (before !== undefined) gitlab.setVariable(where, key, before);
        const values = [{ value: "first-text" }, { value: "second-text" }] as const;
        const options = optionsFor(gitlab, { ...more, create: true });
        return { gitlab, options, values, secrets: [gitlab.token], close: gitlab.close };
      },
      snapshot: ({ gitlab }) => [gitlab.variable(where, key, scope), gitlab.variable(where, key, "staging")],
      readBack({ gitlab }) {
        const value = gitlab.variable(where, key, scope)?.value;
        return value === undefined ? {} : { value };
      },
      meddle: ({ gitlab }) => gitlab.setVariable(where, key, { value: "theirs-1234", environment_scope: scope }),
      refuse: ({ gitlab }) => gitlab.setToken(gitlab.token, { level: 30 }),
      hang: ({ gitlab }) => gitlab.faults.always("*", "hang"),
    },
  );
});
