import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { dotenv } from "./dotenv/sink.ts";
import { file } from "./file.ts";
import { files } from "./files.ts";
import { json } from "./json.ts";
import { yaml } from "./yaml.ts";

/** Files of this machine that hold values: dotenv, JSON, YAML, one value, or a set that changes together. */
const plugin: Plugin = definePlugin({ sinks: [dotenv, json, yaml, file, files] });
export default plugin;
