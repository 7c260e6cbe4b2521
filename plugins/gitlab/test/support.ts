import { createGitlabDouble, type GitlabDouble, type GitlabVariable } from "@rotate/doubles";
import type { LoggedIn, Prepared, Sink, Values } from "@rotate/plugin-kit";
import { createFakeClock, type FakeClock, secretRef, type SinkCalls, sinkCalls } from "@rotate/testkit";
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
export interface Lab extends Pick<SinkCalls, "logIn" | "ctx" | "check"> {
  readonly gitlab: GitlabDouble;
  readonly clock: FakeClock;
  readonly prepare: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly write: (value: string, more?: object) => Promise<Prepared<LoggedIn>>;
  readonly read: (more?: object) => Promise<Values>;
}

/** With `variable`, it is there already. */
export async function lab(variable?: Partial<GitlabVariable>): Promise<Lab> {
  const clock = createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
  const gitlab = await createGitlabDouble({ now: clock.now });
  onTestFinished(gitlab.close);
  if (variable !== undefined) gitlab.setVariable(place, key, variable);
  const calls = sinkCalls(sink, { options: (more) => optionsFor(gitlab, more), clock });
  return {
    ...calls,
    gitlab,
    clock,
    prepare: (value, more) => calls.prepare({ value }, more),
    write: (value, more) => calls.write({ value }, more),
    read: (more) => calls.read(["value"], more),
  };
}
