import { caseless } from "@rotate/plugin-kit/stores";
import type { Infer, LoggedIn, Login, ObjectSchema, Secret } from "@rotate/plugin-kit";

const path = {
  type: "string",
  pattern: "^[A-Za-z0-9_.][A-Za-z0-9_./-]*$",
  description: "Its number, or its path",
  examples: ["acme/app"],
} as const;

/** Options of `gitlab-variable`. */
export const options = {
  type: "object",
  properties: {
    place: {
      anyOf: [
        {
          type: "object",
          description: "A variable of a project",
          properties: { of: { const: "project" }, project: path },
          required: ["of", "project"],
        },
        {
          type: "object",
          description: "A variable of a group, for all its projects",
          properties: { of: { const: "group" }, group: { ...path, examples: ["acme"] } },
          required: ["of", "group"],
        },
      ],
    },
    key: {
      type: "string",
      pattern: "^[A-Za-z0-9_]{1,255}$",
      description: "Of the variable",
      examples: ["DATABASE_PASSWORD"],
    },
    environmentScope: {
      type: "string",
      minLength: 1,
      maxLength: 255,
      default: "*",
      description: "The variable of this scope: a key may have several",
      examples: ["production"],
    },
    create: { type: "boolean", default: false, description: "Make the variable when it is not there" },
    masked: {
      type: "boolean",
      default: true,
      description: "Of a variable that we make: its value is hidden in job logs",
    },
    protected: {
      type: "boolean",
      default: false,
      description: "Of a variable that we make: only for protected branches and tags",
    },
    token: {
      type: "string",
      secret: true,
      description: "An access token with the scope api: personal, of the project or of the group",
    },
    baseUrl: {
      type: "string",
      format: "uri",
      default: "https://gitlab.com",
      description: "Of the server, without /api/v4",
    },
  },
  required: ["place", "key", "token"],
} as const satisfies ObjectSchema;

/** Options of `gitlab-variable`, validated. */
export type VariableOptions = Infer<typeof options>;

/** The access token, as it was read last. */
export interface VariableLogin extends Login {
  readonly token: Secret;
}

/** The context of its calls. */
export type VariableContext = LoggedIn<VariableOptions, VariableLogin>;

type Which = Pick<VariableOptions, "place" | "key" | "environmentScope" | "baseUrl">;

/** Which variable is meant, for messages and as the sink's target. Paths are not told apart by their case, keys are. */
export function variableName({ place, key, environmentScope, baseUrl }: Which): string {
  const where = place.of === "project" ? `project ${caseless(place.project)}` : `group ${caseless(place.group)}`;
  const scope = environmentScope === "*" ? "" : ` (${environmentScope})`;
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
  return `variable ${key}${scope} of ${where} on ${host}`;
}

/** Where the API has the place (docs.gitlab.com/api/rest, "Namespaced paths"). */
export function placePath({ place }: Pick<VariableOptions, "place">): string {
  return place.of === "project"
    ? `/projects/${encodeURIComponent(place.project)}`
    : `/groups/${encodeURIComponent(place.group)}`;
}
