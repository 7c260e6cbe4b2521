import type { Infer, LoggedIn, ObjectSchema } from "@rotate/plugin-kit";
import type { VaultLogin } from "../login/index.ts";
import { options as shared } from "../options.ts";

/** Options of the sink `vault-kv`. */
export const options = {
  type: "object",
  properties: {
    ...shared.properties,
    mount: { type: "string", minLength: 1, default: "secret", description: "Where the engine is mounted" },
    path: { type: "string", pattern: "^[^/].*[^/]$|^[^/]$", description: "Of the secret, without mount and `data/`" },
    engine: { enum: ["2", "1"], description: "Version of the engine; default: the server is asked" },
    create: { type: "boolean", default: false, description: "Make the secret when it is not there" },
    mark: {
      type: "boolean",
      default: true,
      description: "Note `managed-by: rotate` in the secret's custom metadata, where the policy allows it (engine 2)",
    },
  },
  required: ["address", "auth", "path"],
} as const satisfies ObjectSchema;

/** As validated. */
export type KvOptions = Infer<typeof options>;
/** The context of a call after the login. */
export type KvContext = LoggedIn<KvOptions, VaultLogin>;

/** `kv2`: versions and compare-and-swap; `kv1`: neither. */
export type KvEngine = "kv2" | "kv1";

/** Where the values are read and written. */
export function dataPath({ options: { mount, path } }: Pick<KvContext, "options">, engine: KvEngine): string {
  return engine === "kv1" ? `${mount}/${path}` : `${mount}/data/${path}`;
}
