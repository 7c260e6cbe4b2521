import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { dotenv } from "./dotenv/sink.ts";
import { file } from "./file.ts";
import { files } from "./files.ts";
import { json } from "./json.ts";
import { yaml } from "./yaml.ts";

const plugin: Plugin = definePlugin({ sinks: [dotenv, json, yaml, file, files] });
export default plugin;
