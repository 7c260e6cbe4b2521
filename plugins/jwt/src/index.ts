import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { jwt } from "./jwt.ts";

/** An embedded issuer of short-lived JWTs. */
const plugin: Plugin = definePlugin({ providers: [jwt] });
export default plugin;
