import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { systemd } from "./systemd.ts";

/** Units of systemd. */
const plugin: Plugin = definePlugin({ reloads: [systemd] });
export default plugin;
