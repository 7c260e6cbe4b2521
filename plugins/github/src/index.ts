import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { githubActions } from "./actions/github-actions.ts";
import { githubApp } from "./app/github-app.ts";

/** GitHub: tokens of an app's installation, and the files by which steps of a job pass values on. */
const plugin: Plugin = definePlugin({ providers: [githubApp], sinks: [githubActions] });
export default plugin;
