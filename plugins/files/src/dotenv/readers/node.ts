import { parseEnv } from "node:util";
import { marked, type Reader } from "./reader.ts";

/** Node itself: `node --env-file`, `process.loadEnvFile`. */
export const node: Reader = {
  name: "node --env-file",
  encoding: "utf8",
  read: (text) => Object.entries(parseEnv(text)).map(([key, value = ""]) => marked({ key, value })),
};
