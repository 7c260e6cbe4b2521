import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Minted, Provider, Sink } from "@rotate/plugin-kit";
import { createGithubDouble, type GithubDouble, type GithubDoubleOptions } from "@rotate/doubles";
import { createFakeClock, type FakeClock, type ProviderCall, providerCalls, secretRef } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-github";

export const provider: Provider = plugin.providers[0] ?? missing();
export const sink: Sink = plugin.sinks[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin does not offer it");
}

export const calls = providerCalls(provider);

/** GitHub with an app of ours, and a clock of its own. */
export interface Hub {
  readonly github: GithubDouble;
  readonly clock: FakeClock;
  readonly call: (request: object, more?: Partial<ProviderCall>) => ProviderCall;
  readonly mint: (request: object, more?: Partial<ProviderCall>) => Promise<Minted>;
}

export async function hub(options: GithubDoubleOptions = {}): Promise<Hub> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const github = await createGithubDouble({ now: clock.now, ...options });
  onTestFinished(github.close);

  function call(request: object, { options: more, ...rest }: Partial<ProviderCall> = {}): ProviderCall {
    const own = { appId: github.appId, privateKey: secretRef(github.privateKey), baseUrl: github.url };
    return { options: { ...own, ...more }, request: { ...request }, now: clock.now, ...rest };
  }
  return { github, clock, call, mint: (request, more) => calls.mint(call(request, more)) };
}

/** A step of a job: what the runner gives it, and what it hears. */
export interface Step {
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly file: string;
  readonly heard: string[];
  readonly announce: (line: string) => void;
}

/** The runner's part before a step: fresh, empty files. `before`: what earlier commands of the step wrote. */
export async function step(before = ""): Promise<Step> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-actions-"));
  const [file, output] = [join(directory, "set_env_1"), join(directory, "set_output_1")];
  await writeFile(file, before);
  await writeFile(output, "");
  const heard: string[] = [];
  return {
    env: { GITHUB_ACTIONS: "true", GITHUB_ENV: file, GITHUB_OUTPUT: output },
    directory,
    file,
    heard,
    announce: (line) => void heard.push(line),
  };
}

/** The same, gone with the test. */
export async function stepOfTest(before = ""): Promise<Step> {
  const made = await step(before);
  onTestFinished(() => rm(made.directory, { recursive: true, force: true }));
  return made;
}

/** The runner's own reading of a file after the step: actions/runner, FileCommandManager.cs. */
export function runnerReads(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n");
  const found: Record<string, string> = {};
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    if (line === "") continue;
    const [equals, heredoc] = [line.indexOf("="), line.indexOf("<<")];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      found[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc < 0) throw new Error(`Invalid format '${line}'`);
    const end = lines.indexOf(line.slice(heredoc + 2));
    if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${line.slice(heredoc + 2)}'`);
    found[line.slice(0, heredoc)] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join("\n");
  }
  return found;
}
