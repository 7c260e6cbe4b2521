import { defineSink, type SinkContext } from "@rotate/plugin-kit";
import { absentSecret, asValues, tellRisk, tellTakeOver, wholeKey, wholeValue } from "@rotate/plugin-kit/stores";
import { checkFits } from "./fits.ts";
import { liveVariable, type LiveVariable } from "./live.ts";
import { logIn } from "./login.ts";
import { options, variableName, type VariableContext, type VariableLogin, type VariableOptions } from "./options.ts";
import { variableWrite } from "./write.ts";

/** How long a write whose answer was lost may still land: GitLab gives up on a request after 60 s. Milliseconds. */
const lateWrites = 60_000;

/** A CI/CD variable of a project or group of GitLab (docs.gitlab.com/api/project_level_variables, group_level_variables). */
export const gitlabVariable = defineSink({
  type: "gitlab-variable",
  options,
  keys: wholeKey,
  lateWrites,

  target: variableName,
  scope: "anywhere",
  login: logIn,

  async check(ctx) {
    const live = await presentVariable(ctx);
    const sample = ctx.samples?.["value"];
    // Of a value that is not there yet, the letters can be known, and not the length.
    if (sample !== undefined) checkFits(sample.reveal().padEnd(8, "x"), settingsOf(live, ctx), ctx);
    tell(live, ctx);
  },

  async prepare(values, ctx) {
    const value = wholeValue(values);
    const before = await presentVariable(ctx);
    const changed = before?.value !== value.reveal();
    if (changed) checkFits(value.reveal(), settingsOf(before, ctx), ctx);
    if (before !== undefined) ctx.secret(before.value, "earlier value");
    return { changed, ...variableWrite({ before, value }) };
  },

  async read(keys, ctx) {
    const live = await liveVariable(ctx);
    return live === undefined || !keys.includes("value") ? {} : asValues({ value: live.value }, ctx);
  },
});

/** The variable, or undefined where we may make it. */
async function presentVariable(ctx: VariableContext): Promise<LiveVariable | undefined> {
  const live = await liveVariable(ctx);
  if (live === undefined && !ctx.options.create) throw absentSecret(variableName(ctx.options));
  return live;
}

function settingsOf(live: LiveVariable | undefined, { options: { masked } }: VariableContext) {
  return live ?? { masked, raw: true };
}

function tell(live: LiveVariable | undefined, ctx: SinkContext<VariableOptions, VariableLogin>): void {
  const path = variableName(ctx.options);
  const { masked } = live ?? ctx.options;
  const message = "the variable is not masked: a job that prints it shows it";
  if (!masked) tellRisk(ctx, { code: "ROTATE_RISK_SHOWN", message, path, remedy: "mask it" });
  if (ctx.ours === true || live === undefined) return;
  if (live.protected) ctx.log.info("the variable is only for protected branches and tags", { path });
  tellTakeOver(ctx, path);
}
