#!/usr/bin/env node
// Plain JS on purpose: it has to run, and explain itself, on any Node >= 14.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
const here = (p) => fileURLToPath(new URL(p, import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);
const checkout = existsSync(here("../src/commands")); // src/ is never published

if (major < 22 || (major === 22 && minor < 22)) {
  const pinned = here("../../../node_modules/.bin/node");
  if (!checkout || !existsSync(pinned)) {
    console.error(
      `rotate needs Node 22.22 or newer (this is ${process.version}).\n` +
        (checkout ? "Run `npm ci` once: it brings its own Node." : "See https://nodejs.org/en/download"),
    );
    process.exit(70);
  }
  const { spawnSync } = await import("node:child_process");
  const r = spawnSync(pinned, [here("rotate.js"), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(r.status ?? 1);
}
await import("./main.js");
