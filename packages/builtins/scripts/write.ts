/** Writes what this package says of the plugins: `npm run builtins`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderBuiltins, root } from "./render.ts";

for (const { path, text } of renderBuiltins()) writeFileSync(join(root, path), text);
