import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { gcpAccessToken } from "./gcp-access-token.ts";
import { gcpSecretManager } from "./secret/gcp-secret-manager.ts";

/** Google Cloud: access and identity tokens, of any identity that Google knows, and secrets of Secret Manager. */
const plugin: Plugin = definePlugin({ providers: [gcpAccessToken], sinks: [gcpSecretManager] });
export default plugin;
