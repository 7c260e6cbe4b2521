/** `npm run test:setup`: brings what some tests use and otherwise skip by name. Does nothing the second time. */
import { bring, oldNodes } from "./tools.ts";

for (const tool of oldNodes) process.stdout.write(`${tool.name} ${tool.version}: ${bring(tool)}\n`);
