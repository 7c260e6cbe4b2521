import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { gcpAccessToken } from "./gcp-access-token.ts";

const plugin: Plugin = definePlugin({ providers: [gcpAccessToken] });
export default plugin;
