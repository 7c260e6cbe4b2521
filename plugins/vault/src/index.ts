import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { vaultKv } from "./kv.ts";
import { vaultKvSink } from "./kv-sink/sink.ts";
import { vaultStaticRole } from "./static-role.ts";
import { vault } from "./vault.ts";

/** Vault and OpenBao: leases of any secrets engine, static roles, values that are kept (KV), read and written. */
const plugin: Plugin = definePlugin({ providers: [vault, vaultStaticRole, vaultKv], sinks: [vaultKvSink] });
export default plugin;
