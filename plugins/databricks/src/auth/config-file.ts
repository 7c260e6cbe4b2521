import { type Context, RotateError } from "@rotate/plugin-kit";

/** A section of `~/.databrickscfg`. */
export interface Profile {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  /** What the file says of the tools themselves, in `[__settings__]`. */
  readonly general?: Readonly<Record<string, string>>;
}

/**
 * The profile that is asked for, else the one that `[__settings__] default_profile` names, else DEFAULT (databricks-sdk-go config/config_file.go).
 * Throws NOT_FOUND when there is no such profile, and what `ctx.readFile` throws.
 */
export async function readProfile(
  path: string,
  asked: string | undefined,
  { readFile }: Pick<Context, "readFile">,
): Promise<Profile> {
  const hint = "run `databricks configure`, or set auth.configFile";
  const sections = await parseProfiles(await readFile(path, { hint }));
  const name = asked ?? sections.get("__settings__")?.["default_profile"] ?? "DEFAULT";
  const settings = sections.get(name);
  const general = sections.get("__settings__") ?? {};
  if (settings !== undefined && name !== "__settings__") return { name, settings, general };
  const known = [...sections.keys()].filter((section) => section !== "__settings__").join(", ");
  throw new RotateError(`${path} has no profile ${name}`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: known === "" ? "make one: databricks configure --profile NAME" : `its profiles are ${known}`,
  });
}

/** Sections by name; settings before the first section belong to DEFAULT. A comment sign counts only after a space, a dot in a name is a dot. */
export async function parseProfiles(text: string): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { parse } = await import("ini");
  const parsed: Readonly<Record<string, unknown>> = parse(normalised(text));
  const top = textsOf(parsed);
  const sections = new Map(
    Object.entries(parsed).flatMap(([name, value]) => (isSection(value) ? [[name, textsOf(value)]] : [])),
  );
  if (Object.keys(top).length > 0) sections.set("DEFAULT", { ...top, ...sections.get("DEFAULT") });
  return sections;
}

/** The `ini` package ends a value at every `#` and `;`, and makes a tree of dotted section names; the Databricks tools do neither. */
function normalised(text: string): string {
  return text
    .replaceAll(/^\uFEFF/g, "")
    .replaceAll(/^[ \t]+/gm, "")
    .replaceAll(/^\[([^\]\n]*)\]/gm, (_match, name: string) => `[${name.replaceAll(".", "\\.")}]`)
    .replaceAll(/(?<=[^\s\\])([#;])/g, "\\$1");
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textsOf(section: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts = Object.entries(section).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts.filter(([, value]) => value !== ""));
}
