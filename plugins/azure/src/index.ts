import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { azureEntra } from "./azure-entra.ts";

/** Microsoft Entra ID: access tokens of applications and managed identities. */
const plugin: Plugin = definePlugin({ providers: [azureEntra] });
export default plugin;
