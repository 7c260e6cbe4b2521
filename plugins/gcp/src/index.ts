import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { gceMetadata } from "./gce-metadata.ts";
import { gcpAccessToken } from "./gcp-access-token.ts";
import { gcpSecretManager } from "./secret/gcp-secret-manager.ts";

/** Google Cloud: access and identity tokens, of any identity that Google knows, secrets of Secret Manager, and a metadata service that clients ask. */
const plugin: Plugin = definePlugin({
  providers: [gcpAccessToken],
  sinks: [gcpSecretManager],
  endpoints: [gceMetadata],
});
export default plugin;
