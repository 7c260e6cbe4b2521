import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { gitlabVariable } from "./gitlab-variable.ts";

/** GitLab: CI/CD variables of projects and groups. */
const plugin: Plugin = definePlugin({ sinks: [gitlabVariable] });
export default plugin;
