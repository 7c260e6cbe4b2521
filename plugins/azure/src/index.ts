import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { azureAppService } from "./azure-app-service.ts";
import { azureEntra } from "./azure-entra.ts";
import { azureKeyVault } from "./secret/azure-key-vault.ts";

/** Microsoft Azure: access tokens of applications and managed identities, secrets of Key Vault, and an endpoint that clients ask for tokens. */
const plugin: Plugin = definePlugin({ providers: [azureEntra], sinks: [azureKeyVault], endpoints: [azureAppService] });
export default plugin;
