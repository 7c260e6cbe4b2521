import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { azureEntra } from "./azure-entra.ts";
import { azureKeyVault } from "./secret/azure-key-vault.ts";

/** Microsoft Azure: access tokens of applications and managed identities, and secrets of Key Vault. */
const plugin: Plugin = definePlugin({ providers: [azureEntra], sinks: [azureKeyVault] });
export default plugin;
