import { invalid, type SecretRef } from "@rotate/plugin-kit";
import type { Ctx } from "../options.ts";

/** Members of a credential file that are text. */
type Texts<Name extends string> = Readonly<Record<Name, string>> & Readonly<Record<string, string | undefined>>;

/** Which credential file is expected, and what it has to have. */
export interface FileKind<Name extends string> {
  /** What is referred to, for messages: `source.key`. */
  readonly option: string;
  /** The `type` that it must say. */
  readonly type: string;
  readonly required: readonly Name[];
}

/** Google's credential files and what reads each. */
const methods: Readonly<Record<string, string>> = {
  service_account: "use source.method service-account",
  authorized_user: "use source.method authorized-user",
  external_account: "use source.method workload-identity, and write its audience and subject in the spec",
  impersonated_service_account: "use the source that its source_credentials are, and `impersonate`",
};

/** Reads one of Google's JSON credential files. Throws INVALID that says what is wrong with it, never quoting it. */
export async function readCredentialFile<Name extends string>(
  ref: SecretRef,
  { option, type, required }: FileKind<Name>,
  ctx: Ctx,
): Promise<Texts<Name>> {
  const members = parse((await ctx.resolve(ref)).reveal(), option);
  if (members["type"] !== type) {
    const found = members["type"] ?? "of no type";
    throw invalid(`${option} leads to a file of type ${found.slice(0, 40)}, not ${type}`, methods[found] ?? download);
  }
  const missing = required.filter((name) => !members[name]);
  if (missing.length > 0) throw invalid(`${option} leads to a file without ${missing.join(", ")}`, download);
  return members as Texts<Name>;
}

const download = "give the whole JSON file, as it was downloaded";

function parse(text: string, option: string): Readonly<Record<string, string | undefined>> {
  const value = tryParse(text);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).filter((entry) => typeof entry[1] === "string"));
  }
  const cut = /^\s*\{/.test(text) && !/\}\s*$/.test(text);
  throw invalid(
    `${option} leads to ${cut ? "a JSON file that is cut off" : "something that is no JSON file"}`,
    download,
  );
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error may quote the text, which is the key.
    return undefined;
  }
}
