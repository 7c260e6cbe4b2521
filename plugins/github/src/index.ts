import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { githubActions } from "./actions/github-actions.ts";
import { githubApp } from "./app/github-app.ts";

const plugin: Plugin = definePlugin({ providers: [githubApp], sinks: [githubActions] });
export default plugin;
