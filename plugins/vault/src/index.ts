import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { vaultKv } from "./kv.ts";
import { vaultStaticRole } from "./static-role.ts";
import { vault } from "./vault.ts";

/** Vault and OpenBao: leases of any secrets engine, static roles, values that are kept (KV). */
const plugin: Plugin = definePlugin({ providers: [vault, vaultStaticRole, vaultKv] });
export default plugin;
