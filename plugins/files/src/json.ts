import type { Sink } from "@rotate/plugin-kit";
import { documentSink } from "./document/sink.ts";

/** The sink `json`: text values at JSON Pointers in a JSON file, comments and trailing commas allowed. */
export const json: Sink = documentSink("json", async () => (await import("./document/json.ts")).json);
