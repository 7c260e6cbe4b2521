import { defineSink } from "@rotate/plugin-kit";

/**
 * The sink `env`, which is no place: its `values` name what `rotate credential --format env`, and a command that is run with the credential, get in their
 * environment. Nothing is written, so there is nothing to check, to read or to undo, and several rotations may use one name.
 */
export const envSink = defineSink({
  type: "env",
  options: { type: "object", properties: {} },
  keys: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$", description: "an environment variable name" },
  target: () => "",
  // SDKs take a key together with whatever they find of a session or a profile.
  shadowedBy: (keys) =>
    keys.includes("AWS_ACCESS_KEY_ID") ? ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"] : [],

  prepare: async () => ({ changed: false, commit: async () => undefined, undo: async () => undefined }),
});
