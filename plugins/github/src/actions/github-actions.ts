import { randomUUID } from "node:crypto";
import { invalid, defineSink, type Context, type Values } from "@rotate/plugin-kit";
import { checkFile, readTarget, stageFile, tidyFile } from "@rotate/plugin-kit/files";
import { editCommands, parseCommands, readCommands, revertCommands } from "./command-file.ts";
import { maskCommands } from "./masks.ts";

interface Options {
  readonly to: "env" | "output";
}

const variables = { env: "GITHUB_ENV", output: "GITHUB_OUTPUT" } as const;

/** The sink `github-actions`: variables for the later steps of a job, or outputs of this step. The runner is told to mask each value before it is written. */
export const githubActions = defineSink({
  type: "github-actions",
  options: {
    type: "object",
    properties: {
      to: { enum: ["env", "output"], default: "env", description: "Variables of later steps, or outputs of this one" },
    },
  },
  keys: {
    pattern: "^(?!GITHUB_|RUNNER_|NODE_OPTIONS$)[A-Za-z_][A-Za-z0-9_-]*$",
    description: "a name that the runner lets a step set: not GITHUB_…, RUNNER_… or NODE_OPTIONS",
  },
  target: ({ to }) => `$${variables[to]}`,

  async check(ctx) {
    const { path } = placeOf(ctx);
    const likely = Object.fromEntries((ctx.keys ?? []).map((key) => [key, ctx.samples?.[key]?.reveal() ?? "sample"]));
    await checkFile(path, {
      ctx,
      edit(before) {
        parseCommands(before);
        return editCommands(before, likely, newDelimiter());
      },
    });
  },

  async prepare(values, ctx) {
    const { path } = placeOf(ctx);
    const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()]));
    const delimiter = newDelimiter();
    const staged = await stageFile(path, (before) => editCommands(before, texts, delimiter), {
      ctx,
      revert: (now, versions) => revertCommands(now, versions, Object.keys(texts)),
    });
    return {
      ...staged,
      commit: async (now) => {
        announceMasks(values, now);
        await staged.commit(now);
      },
    };
  },

  async read(keys, ctx) {
    const found = readCommands(await readTarget(placeOf(ctx).path), keys);
    return Object.fromEntries(Object.entries(found).map(([key, text]) => [key, ctx.secret(text, key)]));
  },

  tidy: (ctx) => tidyFile(placeOf(ctx).path, ctx),
});

/** A line that is in no value. */
function newDelimiter(): string {
  return `rotate_${randomUUID()}`;
}

function announceMasks(values: Values, ctx: Context<Options>): void {
  const { announce } = placeOf(ctx);
  for (const value of Object.values(values)) {
    for (const command of maskCommands(value.reveal())) announce(command);
  }
}

interface Place {
  readonly path: string;
  readonly announce: NonNullable<Context["announce"]>;
}

/** The runner's file, and the way to its ear. Throws INVALID where there is no runner. */
function placeOf({ options, env, announce }: Context<Options>): Place {
  const name = variables[options.to];
  const path = env[name];
  if (env["GITHUB_ACTIONS"] !== "true" || !path) {
    throw invalid("this is no step of a GitHub Actions job", `run it in one: GITHUB_ACTIONS and ${name} are set there`);
  }
  if (announce === undefined) {
    throw invalid(
      "the runner does not read what we print, so that it could not mask the values",
      "do not redirect standard error of the step to a file",
    );
  }
  return { path, announce };
}
