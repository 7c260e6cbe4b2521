import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { oauth2 } from "./oauth2.ts";
import { oauth2RefreshToken } from "./refresh-token.ts";

/** Access tokens of any OAuth 2.0 server, and refresh tokens that are spent with each use. */
const plugin: Plugin = definePlugin({ providers: [oauth2, oauth2RefreshToken] });
export default plugin;
