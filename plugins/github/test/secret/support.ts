import { createGithubDouble, type GithubDouble, type GithubDoubleOptions } from "@rotate/doubles";
import type { LoggedIn, Prepared, Sink } from "@rotate/plugin-kit";
import { createFakeClock, createTestContext, type FakeClock, secretRef, sinkValues } from "@rotate/testkit";
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

/** A sink of a test: GitHub, a clock, and contexts as the engine makes them. */
export interface SecretHub {
  readonly github: GithubDouble;
  readonly clock: FakeClock;
  readonly ctx: (more?: object, extra?: object) => Promise<LoggedIn & ReturnType<typeof createTestContext>>;
  readonly prepare: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly write: (value: string, more?: object) => Promise<void>;
}

export async function secretHub(options: GithubDoubleOptions = {}): Promise<SecretHub> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const github = await startHub({ now: clock.now, ...options });
  onTestFinished(github.close);

  async function ctx(more: object = {}, extra: object = {}) {
    const made = createTestContext({ schema: secretSink.options, options: optionsFor(github, more), clock });
    return { ...made, login: await secretSink.login?.(made), ...extra };
  }
  async function prepare(value: string, more?: object): Promise<Prepared<LoggedIn>> {
    return secretSink.prepare(sinkValues({ value }), await ctx(more));
  }
  return {
    github,
    clock,
    ctx,
    prepare,
    write: async (value, more) => (await prepare(value, more)).commit(await ctx(more)),
  };
}
