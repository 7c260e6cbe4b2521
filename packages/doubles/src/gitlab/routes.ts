import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { GitlabToken, GitlabVariable } from "./types.ts";

/** What the routes are made of. */
export interface GitlabParts {
  readonly now: () => number;
  readonly tokens: ReadonlyMap<string, GitlabToken>;
  readonly places: readonly string[];
  /** By place; a key may stand there once for each scope. */
  readonly variables: Map<string, readonly GitlabVariable[]>;
}

/** GitLab's own number for the first project. */
const numbers: Readonly<Record<string, string>> = { "projects/42": "projects/acme/app" };

/** Places by path, in any case, or by number. */
export function canonical(place: string): string {
  return numbers[place] ?? place.toLowerCase();
}

function said(status: number, message: unknown): DoubleAnswer {
  return { status, body: { message } };
}

/** docs.gitlab.com/api/project_level_variables, group_level_variables, personal_access_tokens. */
export function gitlabRoute(request: DoubleRequest, parts: GitlabParts): DoubleAnswer {
  const token = parts.tokens.get(request.headers["private-token"] ?? "");
  const over = token?.expires_at != null && Date.parse(`${token.expires_at}T00:00:00Z`) <= parts.now();
  if (token === undefined || over) return said(401, "401 Unauthorized");
  if (request.path === "/api/v4/personal_access_tokens/self") {
    const { scopes, expires_at } = token;
    return { status: 200, body: { id: 1, name: "rotate", active: true, revoked: false, scopes, expires_at } };
  }
  if (!token.scopes.includes("api"))
    return {
      status: 403,
      body: {
        error: "insufficient_scope",
        error_description: "The request requires higher privileges than provided by the access token.",
        scope: "api",
      },
    };
  const [, kind, path, isVariable, key] =
    /^\/api\/v4\/(projects|groups)\/([^/]+)(\/variables(?:\/([^/]+))?)?$/.exec(request.path) ?? [];
  if (kind === undefined || path === undefined) return { status: 404, body: { error: "404 Not Found" } };
  const place = canonical(`${kind}/${decodeURIComponent(path)}`);
  if (!parts.places.includes(place)) return said(404, `404 ${kind === "projects" ? "Project" : "Group"} Not Found`);
  if (isVariable === undefined) return { status: 200, body: { id: 42, path_with_namespace: place } };
  if (token.level < 40) return said(403, "403 Forbidden");
  return variableRoute({ place, key }, request, parts);
}

interface Target {
  readonly place: string;
  readonly key: string | undefined;
}

function variableRoute({ place, key }: Target, request: DoubleRequest, parts: GitlabParts): DoubleAnswer {
  const all = parts.variables.get(place) ?? [];
  if (key === undefined)
    return request.method === "POST" ? create(place, request, parts) : { status: 200, body: all.map(shown) };
  const scope = request.query.get("filter[environment_scope]");
  const named = all.filter((one) => one.key === key && (scope === null || one.environment_scope === scope));
  if (named.length > 1)
    return said(409, "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'");
  const [variable] = named;
  if (variable === undefined) return said(404, "404 Variable Not Found");
  if (request.method === "GET") return { status: 200, body: shown(variable) };
  const others = all.filter((one) => one !== variable);
  if (request.method === "DELETE") {
    parts.variables.set(place, others);
    return { status: 204 };
  }
  return keep({ ...variable, ...bodyOf(request) }, { place, others, status: 200 }, parts);
}

function bodyOf({ body }: DoubleRequest): Partial<GitlabVariable> {
  return JSON.parse(body) as Partial<GitlabVariable>;
}

function shown({ hidden, value, ...rest }: GitlabVariable): object {
  return { ...rest, hidden, value: hidden ? null : value };
}

const blank = {
  environment_scope: "*",
  masked: false,
  hidden: false,
  protected: false,
  raw: false,
  variable_type: "env_var",
  description: null,
} as const;

function create(place: string, request: DoubleRequest, parts: GitlabParts): DoubleAnswer {
  const { key = "", value = "", ...given } = bodyOf(request);
  const made = { ...blank, ...given, key, value };
  const others = parts.variables.get(place) ?? [];
  const taken = others.some((one) => one.key === key && one.environment_scope === made.environment_scope);
  if (taken) return said(400, { key: [`(${key}) has already been taken`] });
  return keep(made, { place, others, status: 201 }, parts);
}

interface Kept {
  readonly place: string;
  readonly others: readonly GitlabVariable[];
  readonly status: number;
}

/** What is refused repeats the value, as GitLab has done. */
function keep(variable: GitlabVariable, { place, others, status }: Kept, { variables }: GitlabParts): DoubleAnswer {
  const { key, value, masked, raw } = variable;
  if (!/^[A-Za-z0-9_]{1,255}$/.test(key)) return said(400, { key: ["can contain only letters, digits and '_'."] });
  const maskable = raw ? /^\S{8,}$/ : /^[A-Za-z0-9_+=/@:.~-]{8,}$/;
  if (masked && !maskable.test(value)) return said(400, { value: [`(${value}) is invalid`] });
  variables.set(place, [...others, variable]);
  return { status, body: shown(variable) };
}

/** A variable by default. */
export function newVariable(key: string): GitlabVariable {
  return { ...blank, key, value: "" };
}
