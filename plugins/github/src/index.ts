import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { githubActions } from "./actions/github-actions.ts";
import { githubApp } from "./app/github-app.ts";
import { githubSecret } from "./secret/github-secret.ts";

/** GitHub: tokens of an app's installation, the files by which steps of a job pass values on, and secrets of Actions. */
const plugin: Plugin = definePlugin({ providers: [githubApp], sinks: [githubActions, githubSecret] });
export default plugin;
