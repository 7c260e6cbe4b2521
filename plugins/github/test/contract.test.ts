import { appendFile, readFile, rm } from "node:fs/promises";
import { createGithubDouble, type GithubDouble } from "@rotate/doubles";
import { providerContract, type ProviderStage, secretRef, sinkContract, type SinkStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { provider, runnerReads, sink, step, type Step } from "./support.ts";

interface HubStage extends ProviderStage {
  readonly github: GithubDouble;
}

async function start(): Promise<HubStage> {
  const github = await createGithubDouble();
  const { appId, privateKey, url: baseUrl, close } = github;
  const options = { appId, privateKey: secretRef(privateKey), baseUrl };
  return { github, options, request: { owner: "acme" }, secrets: [privateKey], close };
}

providerContract(
  { describe, test },
  {
    provider,
    start,
    refuse: ({ github }) => github.deleteKey(),
    hang: ({ github }) => github.faults.always("*", "hang"),
    isLive: ({ github }, { token = "" }) => github.inspect(token) !== undefined,
  },
);

type StepStage = SinkStage & Step;

async function startStep(before: string): Promise<StepStage> {
  const made = await step(before);
  return {
    ...made,
    options: {},
    values: [
      { TOKEN: "first-token", PEM: "first\nlines" },
      { TOKEN: "second-token", PEM: "second\nlines" },
    ],
    close: () => rm(made.directory, { recursive: true, force: true }),
  };
}

function ours(text: string) {
  const { TOKEN, PEM } = runnerReads(text);
  return { ...(TOKEN !== undefined && { TOKEN }), ...(PEM !== undefined && { PEM }) };
}

describe.each([
  ["on an empty file", ""],
  ["on a file of others", "A=1\nB<<E\nx\nE\n"],
])("%s", (_name, before) => {
  sinkContract(
    { describe, test },
    {
      sink,
      start: () => startStep(before),
      snapshot: ({ file }) => readFile(file, "utf8"),
      readBack: async ({ file }) => ours(await readFile(file, "utf8")),
      meddle: ({ file }) => appendFile(file, "TOKEN=theirs\nPEM=theirs\n"),
      refuse: ({ directory }) => rm(directory, { recursive: true }),
    },
  );
});
