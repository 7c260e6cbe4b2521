import type { Sink } from "@rotate/plugin-kit";
import { documentSink } from "./document/sink.ts";

/** The sink `yaml`: text values at JSON Pointers in a YAML file of one document. */
export const yaml: Sink = documentSink("yaml", async () => (await import("./document/yaml.ts")).yaml);
