import { join } from "node:path";
import { root } from "./workspace.ts";

/** For NODE_COMPILE_CACHE of the commands that tests start: the sources are stripped and compiled once, not by each of some hundred processes. */
export const compiled = join(root, "node_modules/.cache/rotate-tests");
