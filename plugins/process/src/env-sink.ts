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

  prepare: async () => ({ changed: false, commit: async () => undefined, undo: async () => undefined }),
});
