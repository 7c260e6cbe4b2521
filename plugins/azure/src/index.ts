import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { azureEntra } from "./azure-entra.ts";

const plugin: Plugin = definePlugin({ providers: [azureEntra] });
export default plugin;
