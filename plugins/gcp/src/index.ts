import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { gceMetadata } from "./gce-metadata.ts";
import { gcpAccessToken } from "./gcp-access-token.ts";

/** Google Cloud: access and identity tokens, of any identity that Google knows, and a metadata service that clients ask. */
const plugin: Plugin = definePlugin({ providers: [gcpAccessToken], endpoints: [gceMetadata] });
export default plugin;
