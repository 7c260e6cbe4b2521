import { createGithubDouble, type GithubDouble, type GithubDoubleOptions } from "@rotate/doubles";
import type { LoggedIn, Prepared, Sink } from "@rotate/plugin-kit";
import { createFakeClock, type FakeClock, secretRef, type SinkCalls, sinkCalls } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-github";

export const secretSink: Sink = plugin.sinks.find(({ type }) => type === "github-secret") ?? missing();

function missing(): never {
  throw new TypeError("the plugin does not offer it");
}

export const personal = "github_pat_of-the-tests-0123456789";
export const places = {
  repository: { of: "repository", repository: "acme/app" },
  environment: { of: "environment", repository: "acme/app", environment: "production" },
  organization: { of: "organization", organization: "acme", visibility: "selected" },
} as const;
export const where = {
  repository: "repos/acme/app",
  environment: "repos/acme/app/environments/production",
  organization: "orgs/acme",
} as const;
const permissions = { secrets: "write", environments: "write", organization_secrets: "write" } as const;
export const installation = { id: 42, owner: "acme", repositories: ["app", "docs"], permissions };

/** GitHub with a secret `DB_PASSWORD` in each place, which somebody else made a day ago. */
export async function startHub(options: GithubDoubleOptions = {}): Promise<GithubDouble> {
  const github = await createGithubDouble({
    installations: [installation],
    personal: { [personal]: { owner: "acme", repositories: ["app"], permissions } },
    ...options,
  });
  const at = (options.now ?? Date.now)() - 86_400_000;
  for (const place of Object.values(where)) {
    const audience = place === "orgs/acme" ? { visibility: "selected" as const, repositories: [7, 8] } : {};
    github.writeSecret(place, "DB_PASSWORD", { value: "theirs", createdAt: at, updatedAt: at, ...audience });
  }
  return github;
}

/** Options of the sink that reach the double. */
export function optionsFor({ url }: GithubDouble, more: object = {}) {
  const auth = { method: "token", token: secretRef(personal) };
  return { place: places.repository, name: "DB_PASSWORD", auth, baseUrl: url, ...more };
}

/** The same login as a GitHub App. */
export function appAuth({ appId, privateKey }: GithubDouble) {
  return { auth: { method: "app", appId, privateKey: secretRef(privateKey) } };
}

/** A sink of a test: GitHub, a clock, and calls as the engine makes them. */
export interface SecretHub extends Pick<SinkCalls, "ctx"> {
  readonly github: GithubDouble;
  readonly clock: FakeClock;
  readonly prepare: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly write: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
}

export async function secretHub(options: GithubDoubleOptions = {}): Promise<SecretHub> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const github = await startHub({ now: clock.now, ...options });
  onTestFinished(github.close);
  const calls = sinkCalls(secretSink, { options: (more) => optionsFor(github, more), clock });
  return {
    github,
    clock,
    ctx: calls.ctx,
    prepare: (value, more) => calls.prepare({ value }, more),
    write: (value, more) => calls.write({ value }, more),
  };
}
