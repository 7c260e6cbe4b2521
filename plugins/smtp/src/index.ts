import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { emailNotifier } from "./email-notifier.ts";

/** E-mail by SMTP: who is told when something is wrong. */
const plugin: Plugin = definePlugin({ notifiers: [emailNotifier] });
export default plugin;
