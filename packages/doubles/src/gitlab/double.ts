import { startHttpDouble } from "../http-double.ts";
import { canonical, gitlabRoute, newVariable } from "./routes.ts";
import type { GitlabDouble, GitlabDoubleOptions, GitlabToken, GitlabVariable } from "./types.ts";

const whole: GitlabToken = { scopes: ["api"], expires_at: null, level: 40 };

/** GitLab on loopback: variables of projects and groups, which are checked as GitLab checks them, and the tokens that may write them. */
export async function createGitlabDouble(options: GitlabDoubleOptions = {}): Promise<GitlabDouble> {
  const { now = Date.now, places = ["projects/acme/app", "groups/acme"] } = options;
  const token = "glpat-of-the-tests-0123456789";
  const tokens = new Map([[token, whole]]);
  const variables = new Map<string, readonly GitlabVariable[]>();
  const parts = { now, tokens, places, variables };
  const { url, requests, faults, close } = await startHttpDouble({
    now,
    handle: (request) => gitlabRoute(request, parts),
  });

  function variable(place: string, key: string, scope = "*"): GitlabVariable | undefined {
    return variables.get(canonical(place))?.find((one) => one.key === key && one.environment_scope === scope);
  }
  return {
    url,
    token,
    requests,
    faults,
    close,
    variable,
    setToken(name, what) {
      if (what === undefined) tokens.delete(name);
      else tokens.set(name, { ...whole, ...what });
    },
    setVariable(place, key, change) {
      const old = variable(place, key, change.environment_scope);
      const others = (variables.get(canonical(place)) ?? []).filter((one) => one !== old);
      variables.set(canonical(place), [...others, { ...(old ?? newVariable(key)), ...change }]);
    },
  };
}
