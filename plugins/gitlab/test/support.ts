import { createGitlabDouble, type GitlabDouble, type GitlabVariable } from "@rotate/doubles";
import type { Login, LoggedIn, Prepared, Sink, Values } from "@rotate/plugin-kit";
import {
  createFakeClock,
  createTestContext,
  type FakeClock,
  secretRef,
  sinkValues,
  type TestContext,
} from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-gitlab";

export const sink: Sink = plugin.sinks[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin offers no sink");
}

export const place = "projects/acme/app";
export const key = "DB_PASSWORD";

/** Options of the sink that reach the double. */
export function optionsFor({ url, token }: GitlabDouble, more: object = {}) {
  return { place: { of: "project", project: "acme/app" }, key, token: secretRef(token), baseUrl: url, ...more };
}

/** A GitLab with a clock of its own, and calls as the engine makes them. */
export interface Lab {
  readonly gitlab: GitlabDouble;
  readonly clock: FakeClock;
  readonly logIn: (more?: object) => Promise<Login | undefined>;
  readonly ctx: (more?: object, extra?: object) => Promise<LoggedIn & TestContext>;
  readonly prepare: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly write: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly check: (more?: object, extra?: object) => Promise<TestContext>;
  readonly read: (more?: object) => Promise<Values>;
}

/** With `variable`, it is there already. */
export async function lab(variable?: Partial<GitlabVariable>): Promise<Lab> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const gitlab = await createGitlabDouble({ now: clock.now });
  onTestFinished(gitlab.close);
  if (variable !== undefined) gitlab.setVariable(place, key, variable);

  function bare(more: object = {}): TestContext {
    return createTestContext({ schema: sink.options, options: optionsFor(gitlab, more), clock });
  }
  async function ctx(more: object = {}, extra: object = {}) {
    const made = bare(more);
    return { ...made, login: await sink.login?.(made), ...extra };
  }
  async function prepare(value: string, more?: object): Promise<Prepared<LoggedIn>> {
    return sink.prepare(sinkValues({ value }), await ctx(more));
  }
  return {
    gitlab,
    clock,
    ctx,
    prepare,
    logIn: async (more) => sink.login?.(bare(more)),
    async write(value, more) {
      const prepared = await prepare(value, more);
      if (prepared.changed) await prepared.commit(await ctx(more));
      return prepared;
    },
    async check(more, extra) {
      const made = await ctx(more, extra);
      await sink.check?.(made);
      return made;
    },
    read: async (more) => (await sink.read?.(["value"], await ctx(more))) ?? {},
  };
}
