import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { gcpAccessToken } from "./gcp-access-token.ts";

/** Google Cloud: access and identity tokens, of any identity that Google knows. */
const plugin: Plugin = definePlugin({ providers: [gcpAccessToken] });
export default plugin;
