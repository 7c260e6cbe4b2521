/** What a harness program plays, in the shape that the contract suites of the test kit work on. */
import type { ObjectSchema } from "@rotate/plugin-kit";
import { secretRef, type SinkStage, type Stage, type StageWorld } from "@rotate/testkit";
import type { HarnessProgram, Played } from "./harness-program.ts";

/** The outside of one sentence, for a part of any kind. */
export interface PlayedStage extends SinkStage {
  readonly played: Played;
  readonly request?: Readonly<Record<string, unknown>>;
}

/** What the harnesses of all kinds have in common. `hang` is there where somebody can be silent. */
export function harnessOn(
  program: HarnessProgram,
  { part, options, spoil }: { readonly part: string; readonly options: ObjectSchema; readonly spoil: boolean },
) {
  const verbs = program.parts[part] ?? [];
  const isWeb = verbs.includes("http");
  async function change({ played }: PlayedStage, verb: "refuse" | "hang"): Promise<void> {
    if (verbs.includes(verb)) await played.ask(verb);
    else played.way[verb]();
  }
  return {
    verbs,
    start: async (world?: StageWorld) => stageOf(await program.start(part, world), options),
    refuse: (stage: PlayedStage) => change(stage, "refuse"),
    ...(isWeb && spoil && { way: ({ played }: PlayedStage) => played.way }),
    ...(verbs.includes("time") && { tell: async ({ played }: PlayedStage) => void (await played.ask("time")) }),
    ...((isWeb || verbs.includes("hang")) && { hang: (stage: PlayedStage) => change(stage, "hang") }),
  };
}

function stageOf(played: Played, schema: ObjectSchema): PlayedStage {
  const { options, request, env, secrets, values } = played.given as unknown as Partial<PlayedStage> &
    Pick<Stage, "options">;
  const { PATH, HOME } = process.env;
  return {
    played,
    options: withSecrets(schema as Node, options) as Stage["options"],
    values: values ?? [{}, {}],
    ...(request && { request }),
    ...(env && { env: { PATH, HOME, ...env } }),
    ...(secrets && { secrets }),
    close: played.close,
  };
}

/** As much of a schema as is needed here. */
interface Node {
  readonly secret?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
}

/** Texts become what the engine makes of a reference, where the schema says `secret`. */
function withSecrets(schema: Node, value: unknown): unknown {
  if (schema.secret === true) return typeof value === "string" ? secretRef(value) : value;
  if (Array.isArray(value)) return schema.items ? value.map((item) => withSecrets(schema.items!, item)) : value;
  if (typeof value !== "object" || value === null) return value;
  const branches = [schema, ...(schema.anyOf ?? [])];
  const entries = Object.entries(value).map(([key, item]) => {
    const below = branches.map((branch) => branch.properties?.[key]).find((node) => node !== undefined);
    return [key, below === undefined ? item : withSecrets(below, item)] as const;
  });
  return Object.fromEntries(entries);
}
