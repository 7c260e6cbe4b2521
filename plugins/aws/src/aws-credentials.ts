import { defineSink, type Values, invalid } from "@rotate/plugin-kit";
import { checkFile, fileOptions, filePath, readTarget, stageFile } from "@rotate/plugin-kit/files";
import { editIni, inspectIni, readIni, revertIni } from "./ini/edit.ts";

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
  writes: (options) => [{ path: options.path, section: sectionOf(options) }],

  check: (ctx) => checkFile(ctx.options.path, { ...ctx.options, ctx, inspect: inspectIni }),

  async prepare(values, ctx) {
    const { path } = ctx.options;
    const name = sectionOf(ctx.options);
    const texts = revealed(values);
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
});

function sectionOf({ profile, format }: { readonly profile: string; readonly format: string }): string {
  return format === "config" && profile !== "default" ? `profile ${profile}` : profile;
}

/** Values as texts that every reader takes as they are: no blanks, no comment sign in front. Throws INVALID. */
function revealed(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, secret]) => {
      const text = secret.reveal();
      if (/^[\x21-\x7e]+$/.test(text) && !/^[#;]/.test(text)) return [key, text];
      throw invalid(
        `the value of ${key} is empty, or has a blank, a comment sign or a character outside ASCII`,
        "readers of the file would not agree on it: correct the template",
      );
    }),
  );
}
