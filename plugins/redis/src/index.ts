import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { redisUser } from "./redis-user.ts";

/** Redis and Valkey: users of their access control lists. */
const plugin: Plugin = definePlugin({ providers: [redisUser] });
export default plugin;
