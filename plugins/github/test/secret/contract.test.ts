import { githubFaults, type GithubDouble } from "@rotate/doubles";
import { sinkContract, type SinkStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { optionsFor, personal, places, secretSink, startHub, where } from "./support.ts";

interface HubStage extends SinkStage {
  readonly github: GithubDouble;
}

const cases = [
  { kind: "repository", name: "NEW_ONE" },
  { kind: "environment", name: "DB_PASSWORD" },
  { kind: "organization", name: "DB_PASSWORD" },
] as const;

describe.each(cases)("$name of an $kind", ({ kind, name }) => {
  const place = where[kind];

  async function start(): Promise<HubStage> {
    const github = await startHub();
    const options = { ...optionsFor(github), place: places[kind], name, create: true };
    const values = [{ value: "first-text" }, { value: "second-text" }] as const;
    return { github, options, values, secrets: [personal], close: github.close };
  }
  sinkContract<HubStage>(
    { describe, test },
    {
      sink: secretSink,
      blind: true,
      start,
      snapshot: ({ github }) => github.actionsSecret(place, name)?.value,
      readBack({ github }) {
        const value = github.actionsSecret(place, name)?.value;
        return value === undefined ? {} : { value };
      },
      meddle: ({ github }) => github.writeSecret(place, name, { value: "theirs-1234", visibility: "all" }),
      refuse: ({ github }) => github.faults.always("*", githubFaults.personalNotAccessible),
      hang: ({ github }) => github.faults.always("*", "hang"),
    },
  );
});
