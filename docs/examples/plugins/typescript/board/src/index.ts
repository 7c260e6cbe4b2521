import { definePlugin } from "@rotate/plugin-kit";
import { notifier } from "./board.ts";

export default definePlugin({ notifiers: [notifier], needs: { hosts: ["{url}"] } });
