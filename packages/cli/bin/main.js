// Guards the process, then hands over to the sources (in a checkout) or to the build (when installed).
import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache, registerHooks } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.umask(0o077); // whatever we create is ours alone
process.on("SIGUSR1", () => {}); // else the signal opens the inspector, and with it the heap
process.report.excludeEnv = true; // a crash report would carry the environment
process.stdout.on("error", ignoreClosedPipe);
process.stderr.on("error", ignoreClosedPipe);

/** `rotate run | head -1`: nobody reads on, but a rotation that has begun still ends in good order. */
function ignoreClosedPipe(error) {
  if (error.code !== "EPIPE") throw error;
}

/** Compiled code is trusted code: it is only kept where nobody else can write. */
function privateCacheDirectory() {
  const base = process.env.CACHE_DIRECTORY ?? process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const directory = join(base, "rotate");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(directory);
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? directory : undefined;
  } catch {
    return undefined; // a read-only home only costs a slower start
  }
}

if (process.env.NODE_COMPILE_CACHE === undefined) {
  const directory = privateCacheDirectory();
  if (directory !== undefined) enableCompileCache(directory);
}

const sources = existsSync(new URL("../src/main.ts", import.meta.url)) && process.env.ROTATE_DIST !== "1";
if (sources) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: ["rotate:src", ...context.conditions] }),
  });
}
const { main } = await import(sources ? "../src/main.ts" : "../dist/main.js");
await main(process.argv.slice(2), { root: fileURLToPath(new URL("..", import.meta.url)), sources });
