import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { oauth2 } from "./oauth2.ts";
import { oauth2RefreshToken } from "./refresh-token.ts";

const plugin: Plugin = definePlugin({ providers: [oauth2, oauth2RefreshToken] });
export default plugin;
