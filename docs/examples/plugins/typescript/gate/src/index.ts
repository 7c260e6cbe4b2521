import { definePlugin } from "@rotate/plugin-kit";
import { probe } from "./gate.ts";

export default definePlugin({ probes: [probe], needs: { hosts: ["{url}"] } });
