import { definePlugin } from "@rotate/plugin-kit";
import { provider } from "./acme.ts";

export default definePlugin({ providers: [provider], needs: { hosts: ["{url}"] } });
