import { definePlugin } from "@rotate/plugin-kit";
import { sink } from "./shelf.ts";

export default definePlugin({ sinks: [sink], needs: { hosts: ["{url}"] } });
