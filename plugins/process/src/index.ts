import { definePlugin, type Plugin } from "@rotate/plugin-kit";

const plugin: Plugin = definePlugin({});
export default plugin;
