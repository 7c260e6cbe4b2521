import type { Context } from "@rotate/plugin-kit";
import { isReference, isTemplateOption } from "@rotate/runtime";
import type { Stage } from "./contracts/contract.ts";
import { createTestContext, envRef } from "./context.ts";

/** The options of a stage as a spec would have them. */
export interface OptionsByEnv {
  /** Every secret one is read from a variable at each use. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The stage's environment with those variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Gives the secret options of a stage by the environment, for an engine that knows nothing of tests. */
export async function optionsByEnv({ options, env }: Stage): Promise<OptionsByEnv> {
  const { PATH, HOME } = process.env;
  const variables: Record<string, string | undefined> = { ...(env ?? { PATH, HOME }) };
  const { resolve } = createTestContext({ options, env: variables });
  return { options: (await named(options, resolve, variables)) as OptionsByEnv["options"], env: variables };
}

async function named(
  value: unknown,
  resolve: Context["resolve"],
  variables: Record<string, string | undefined>,
): Promise<unknown> {
  if (isReference(value) || isTemplateOption(value)) {
    const name = `ROTATE_STAGE_${Object.keys(variables).length}`;
    variables[name] = (await resolve(value as never)).reveal();
    return envRef(name);
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => named(item, resolve, variables)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await named(item, resolve, variables)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
