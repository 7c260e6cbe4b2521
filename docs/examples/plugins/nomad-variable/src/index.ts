import { definePlugin } from "@rotate/plugin-kit";
import { sink } from "./nomad-variable.ts";

export default definePlugin({ sinks: [sink], needs: { hosts: ["{url}"] } });
