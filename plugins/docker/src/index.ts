import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { docker } from "./docker.ts";

/** Containers of a Docker Engine. */
const plugin: Plugin = definePlugin({ reloads: [docker] });
export default plugin;
