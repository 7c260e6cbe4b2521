// Guards the process, then hands over to the sources (in a checkout) or to the build (when installed).
// An `import` of a module of Node's reads every export that it has: of node:fs alone 11 ms. This does not.
const { existsSync, lstatSync, mkdirSync } = process.getBuiltinModule("node:fs");
const { enableCompileCache, registerHooks } = process.getBuiltinModule("node:module");
const { homedir } = process.getBuiltinModule("node:os");
const { isAbsolute, join } = process.getBuiltinModule("node:path");
const { fileURLToPath } = process.getBuiltinModule("node:url");

process.umask(0o077); // whatever we create is ours alone
process.on("SIGUSR1", () => {}); // else the signal opens the inspector, and with it the heap
process.report.excludeEnv = true; // a crash report would carry the environment
process.stdout.on("error", bearLostOutput);
process.stderr.on("error", bearLostOutput);

/** `rotate run | head -1`, or a full disk behind `> log`: a rotation that has begun still ends in good order. */
function bearLostOutput({ code }) {
  if (code === "EPIPE") return; // nobody wants to read on
  process.once("exit", (exit) => {
    if (exit === 0) process.exitCode = 6; // nobody can tell from the output
  });
  if (this === process.stdout) console.error(`error  cannot write the output (${code})`);
}

/** Compiled code is trusted code: it is only kept where nobody else can write. */
function privateCacheDirectory() {
  try {
    const base = process.env.CACHE_DIRECTORY ?? process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
    if (!isAbsolute(base)) return undefined;
    const directory = join(base, "rotate");
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = found ?? lstatSync(directory);
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? directory : undefined;
  } catch {
    return undefined; // no home, or a read-only one, only costs a slower start
  }
}

const cache = privateCacheDirectory();
if (process.env.NODE_COMPILE_CACHE === undefined && cache !== undefined) enableCompileCache(cache);

const sources = existsSync(new URL("../src/main.ts", import.meta.url)) && process.env.ROTATE_DIST !== "1";
if (sources) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: ["rotate:src", ...context.conditions] }),
  });
}
const { main } = await import(sources ? "../src/main.ts" : "../dist/main.js");
await main(process.argv.slice(2), { root: fileURLToPath(new URL("..", import.meta.url)), sources, cache });
