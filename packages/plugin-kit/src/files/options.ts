import type { SinkContext } from "../sink.ts";
import type { Infer, Schema } from "../schema.ts";

/** What the writer needs of a plugin's context: `exec` for `validate`, access lists and git; `now` (ms) and `mark` for left-over temporary files; `made` for what has nothing to keep. */
export type FileTools = Pick<SinkContext, "exec" | "log" | "now" | "ours" | "mark" | "tick" | "made">;

const mode = { type: "string", pattern: "^0[0-7]{3}$" } as const;

/** The option `path` of a file sink; arrives absolute. */
export const filePath = {
  type: "string",
  format: "path",
  minLength: 1,
  description: "The file. Its directory must be real, not a symbolic link.",
} as const satisfies Schema;

/** Who may read what is written. Shared by every sink that makes files. */
export const accessOptions = {
  mode: {
    ...mode,
    description: "Permissions, octal. Default: those of the existing file; 0600 for a new one.",
    examples: ["0640"],
  },
  owner: {
    type: "string",
    minLength: 1,
    description: "User name or numeric id. Default: the owner of the existing file, else whoever runs rotate.",
  },
  group: {
    type: "string",
    minLength: 1,
    description: "Group name or numeric id. Default: the group of the existing file, else that of whoever runs rotate.",
  },
  directory: {
    type: "object",
    description: "What to do about a missing directory.",
    properties: {
      create: { type: "boolean", default: false, description: "Create it, parents included." },
      mode: { ...mode, default: "0700", description: "Permissions of created directories, octal." },
    },
  },
  validate: {
    type: "object",
    description: "A command that must accept the staged content before it is put in place.",
    properties: {
      command: {
        type: "array",
        items: { type: "string" },
        minItems: 1,
        description: "Program and arguments; `{staged}` stands for the path of the staged content.",
        examples: [["nginx", "-t", "-c", "{staged}"]],
      },
      timeout: { type: "string", format: "duration", default: "30s", description: "How long it may take." },
    },
    required: ["command"],
  },
} as const satisfies Record<string, Schema>;

/** The options that all single-file sinks share: `properties: { path: filePath, ...fileOptions }`. */
export const fileOptions = {
  ...accessOptions,
  write: {
    enum: ["atomic", "in-place"],
    default: "atomic",
    description:
      "in-place overwrites the file itself, for a target that is a mount point; readers may see half of the old and half of the new for a moment.",
  },
  existing: {
    enum: ["replace", "refuse"],
    default: "replace",
    description: "refuse: a file that is there and was not written by this rotation before is an error.",
  },
} as const satisfies Record<string, Schema>;

interface AccessSchema {
  readonly type: "object";
  readonly properties: typeof accessOptions;
}
interface FileSchema {
  readonly type: "object";
  readonly properties: typeof fileOptions;
}

/** The type of `accessOptions` once validated. */
export type AccessOptions = Infer<AccessSchema>;
/** The type of `fileOptions` once validated. */
export type FileOptions = Infer<FileSchema>;
