import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { azureAppService } from "./azure-app-service.ts";
import { azureEntra } from "./azure-entra.ts";

/** Microsoft Entra ID: access tokens of applications and managed identities, and an endpoint that clients ask for them. */
const plugin: Plugin = definePlugin({ providers: [azureEntra], endpoints: [azureAppService] });
export default plugin;
