import { definePlugin } from "@rotate/plugin-kit";
import { reload } from "./worker.ts";

export default definePlugin({ reloads: [reload], needs: { hosts: ["{url}"] } });
