import { dirname, join } from "node:path";
import { defineSink, invalid, isRotateError, type Log, type Values } from "@rotate/plugin-kit";
import {
  checkFile,
  fileOptions,
  filePath,
  readTarget,
  stageFile,
  stampOfFile,
  tidyFile,
} from "@rotate/plugin-kit/files";
import { editIni, readIni } from "./ini/edit.ts";
import { revertIni } from "./ini/revert.ts";
import { otherWayIn } from "./ini/satellites.ts";
import { scanIni, settingsOf } from "./ini/scan.ts";

/**
 * The sink `aws-credentials`: one profile of a shared credentials (or config) file. Touches only its own keys there; other profiles, comments, order
 * and line ends stay byte for byte. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export const awsCredentials = defineSink({
  type: "aws-credentials",
  options: {
    type: "object",
    properties: {
      path: filePath,
      profile: {
        type: "string",
        pattern: "^[^\\s\\[\\]\"'#;=]+$",
        maxLength: 128,
        default: "default",
        description: "Whose keys are written",
      },
      format: {
        enum: ["credentials", "config"],
        default: "credentials",
        description: "config: the sections are named [profile NAME], as in ~/.aws/config",
      },
      ...fileOptions,
    },
    required: ["path"],
  },
  keys: {
    pattern: "^[a-z][a-z0-9_]*$",
    description: "a setting of the profile: aws_access_key_id, aws_secret_access_key, aws_session_token, region, …",
  },
  target: (options) => `${options.path} [${sectionOf(options)}]`,
  // https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html: the environment comes before the files.
  shadowedBy: (keys) => (keys.includes("aws_access_key_id") ? ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] : []),
  writes: (options) => [{ path: options.path, section: sectionOf(options) }],

  async check(ctx) {
    const likely = fitting(Object.fromEntries((ctx.keys ?? []).map((key) => [key, sampleOf(key, ctx.samples)])));
    const edit = (before: Buffer | undefined) => editIni(before, sectionOf(ctx.options), likely);
    await checkFile(ctx.options.path, { ...ctx.options, ctx, edit });
    if (ctx.ours !== true && "aws_access_key_id" in likely) await warnOfOtherFile(ctx);
  },

  async prepare(values, ctx) {
    const { path } = ctx.options;
    const name = sectionOf(ctx.options);
    const texts = fitting(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()])));
    return stageFile(path, (before) => editIni(before, name, texts), {
      ...ctx.options,
      ctx,
      revert: (now, versions) => revertIni(now, versions, { name, keys: Object.keys(texts) }),
    });
  },

  async read(keys, { options, secret }) {
    const texts = readIni(await readTarget(options.path), sectionOf(options), keys);
    return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, secret(text, key)]));
  },

  stamp: stampOfFile,
  tidy: (ctx) => tidyFile(ctx.options.path, ctx),
});

/** SDKs merge a profile of the credentials file with the one of the same name in the config file beside it. */
async function warnOfOtherFile({ options: { path, profile, format }, log }: Asked): Promise<void> {
  const other = format === "config" ? "credentials" : "config";
  const beside = join(dirname(path), other);
  const found = await settingsIn(beside, sectionOf({ profile, format: other }), log);
  const setting = otherWayIn(profile, found);
  if (setting === undefined) return;
  log.warn("the profile holds a setting in its other file for which SDKs do not look at keys", {
    path: beside,
    setting,
    remedy: `name a profile of its own for the keys, or remove ${setting} there`,
  });
}

interface Asked {
  readonly options: { readonly path: string; readonly profile: string; readonly format: string };
  readonly log: Log;
}

/** None where the file is not there, or cannot be read: it is not ours. */
async function settingsIn(path: string, name: string, log: Log): Promise<Readonly<Record<string, string>>> {
  try {
    const text = (await readTarget(path))?.toString("latin1") ?? "";
    const section = scanIni(text, name)[0];
    return section === undefined ? {} : settingsOf(text, section);
  } catch (error) {
    if (!isRotateError(error)) throw error;
    log.debug("cannot look into the profile's other file", { path, reason: error.message });
    return {};
  }
}

function sampleOf(key: string, samples: Values = {}): string {
  return samples[key]?.reveal() ?? "sample";
}

function sectionOf({ profile, format }: { readonly profile: string; readonly format: string }): string {
  return format === "config" && profile !== "default" ? `profile ${profile}` : profile;
}

/** Texts that every reader takes as they are: no blanks, no comment sign in front. Throws INVALID. */
function fitting(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bad = Object.keys(texts).find(
    (key) => !/^[\x21-\x7e]+$/.test(texts[key] ?? "") || /^[#;]/.test(texts[key] ?? ""),
  );
  if (bad === undefined) return texts;
  throw invalid(
    `the value of ${bad} is empty, or has a blank, a comment sign or a character outside ASCII`,
    "readers of the file would not agree on it: correct the template",
  );
}
