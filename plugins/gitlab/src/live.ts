import { invalid, readAnswer } from "@rotate/plugin-kit";
import { call, refusedBy, stranger } from "./api.ts";
import { placePath, variableName, type VariableContext } from "./options.ts";

const variable = {
  type: "object",
  properties: {
    value: { type: ["string", "null"] },
    masked: { type: "boolean" },
    hidden: { type: ["boolean", "null"] },
    raw: { type: "boolean" },
    protected: { type: "boolean" },
  },
  required: ["value"],
} as const;

/** A variable as it is. */
export interface LiveVariable {
  readonly value: string;
  /** GitLab hides the value in job logs, and takes only one that it can hide. */
  readonly masked: boolean;
  /** `$` in the value is just that. */
  readonly raw: boolean;
  readonly protected: boolean;
}

/** The query that names one of the variables with a key (docs.gitlab.com/api/project_level_variables, "The filter parameter"). */
export function scopeQuery({ options }: VariableContext): Readonly<Record<string, string>> {
  return { "filter[environment_scope]": options.environmentScope };
}

/** Where the API has the variable. */
export function variablePath({ options }: VariableContext): string {
  return `${placePath(options)}/variables/${options.key}`;
}

/** The variable; undefined when it is not there. Throws INVALID for one that is hidden for good. */
export async function liveVariable(ctx: VariableContext): Promise<LiveVariable | undefined> {
  const answer = await call({ path: variablePath(ctx), query: scopeQuery(ctx) }, ctx);
  if (answer.status === 404) return absentIn(ctx);
  if (!answer.ok) throw refusedBy(answer, `cannot read ${variableName(ctx.options)}`);
  const {
    value,
    hidden,
    masked = false,
    raw = false,
    protected: isProtected = false,
  } = readAnswer(answer, variable, stranger);
  if (hidden === true || value === null) throw hiddenForGood(ctx);
  return { value, masked, raw, protected: isProtected };
}

/** The place is asked for: of a place that is not ours to see, GitLab says just the same as of a variable that is not there. */
async function absentIn(ctx: VariableContext): Promise<undefined> {
  const answer = await call({ path: placePath(ctx.options) }, ctx);
  if (!answer.ok) throw refusedBy(answer, `cannot see the place of ${variableName(ctx.options)}`);
  return undefined;
}

function hiddenForGood({ options }: VariableContext) {
  return invalid(
    `${variableName(options)} is hidden: nobody can read it, so that it is not known what it holds`,
    "delete it, and make it anew as masked; GitLab never shows a hidden one again",
  );
}
