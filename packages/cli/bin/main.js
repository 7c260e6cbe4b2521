// Guards the process, then hands over to the sources (in a checkout) or to the build (when installed).
// What Node has is taken as it is: an `import` of a module of Node's reads every export that it has, of node:fs alone 11 ms.
const { existsSync, lstatSync, mkdirSync } = process.getBuiltinModule("node:fs");
const { enableCompileCache, registerHooks } = process.getBuiltinModule("node:module");
const { isAbsolute, join } = process.getBuiltinModule("node:path");

process.umask(0o077); // whatever we create is ours alone
process.on("SIGUSR1", () => {}); // else the signal opens the inspector, and with it the heap
process.report.excludeEnv = true; // a crash report would carry the environment

["stdout", "stderr"].forEach(bearLosses);

/** Once the stream is made, which costs 5 ms: who writes to a file or a pipe does without. */
function bearLosses(name) {
  const original = Object.getOwnPropertyDescriptor(process, name);
  const property = { configurable: true, enumerable: true };
  function first() {
    const stream = original.get.call(process);
    Object.defineProperty(process, name, { ...property, value: stream });
    return stream.on("error", bearLostOutput);
  }
  Object.defineProperty(process, name, { ...property, get: first });
}

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
    const base =
      process.env.CACHE_DIRECTORY ??
      process.env.XDG_CACHE_HOME ??
      join(process.env.HOME ?? process.getBuiltinModule("node:os").homedir(), ".cache");
    if (!isAbsolute(base)) return undefined;
    const directory = join(base, "rotate");
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(directory, { recursive: true, mode: 0o700 });
    const stats = found ?? lstatSync(directory);
    const isPrivate = stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
    return isPrivate ? directory : undefined;
  } catch {
    return undefined; // no home, or a read-only one, only costs a slower start
  }
}

/** The commands that are run every few minutes: the code that they have run is kept. */
const hot = ["run", "status", "needs-rotation", "credential"];

/** @param cache undefined: nothing is kept */
function loadBuild(root, cache) {
  const file = join(root, "dist/chunks/hot.cjs");
  const [command] = process.argv.slice(2);
  const keeps = cache !== undefined && process.env.NODE_DISABLE_COMPILE_CACHE !== "1";
  if (!keeps || !hot.includes(command)) {
    keepImports();
    return require(file);
  }
  const { loadWithCode } = require("./kept-code.js");
  beforeWork = (begin) => (onCompanion = begin);
  const options = { folder: cache, command, isWarm: () => !isCold, onImport: keepImports };
  return loadWithCode(file, { ...options, onCompanion: () => onCompanion?.() });
}

/** Of modules that are imported one by one Node keeps what it compiled. A hot command with its own kept code imports none. */
function keepImports() {
  if (!endsAtOnce) return;
  if (process.env.NODE_COMPILE_CACHE === undefined && cache !== undefined) enableCompileCache(cache);
  endsAtOnce = false; // it is written where Node ends by itself
}

/** Asked when nothing is left to wait for: the end need not take the heap apart piece by piece. */
function endAtOnce() {
  if (endsAtOnce && !isCold) process.exit();
}

const root = join(__dirname, "..");
let isCold = false;
let endsAtOnce = true;
/** Set where the work that some starts do is loaded late: tells when. */
let beforeWork;
let onCompanion;
const cache = privateCacheDirectory();

const sources = existsSync(join(root, "src/main.ts")) && process.env.ROTATE_DIST !== "1";
if (sources) {
  keepImports();
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: ["rotate:src", ...context.conditions] }),
  });
  void import("../src/main.ts").then(start);
} else void start(loadBuild(root, cache));

/** A command that waits for what never comes has not succeeded: Node would end as if it had. */
async function start({ main }) {
  let isDone = false;
  process.once("exit", () => {
    if (!isDone) process.exitCode ??= 13;
  });
  await main(process.argv.slice(2), { root, sources, cache, beforeWork, onCold: () => (isCold = true) });
  isDone = true;
  process.once("beforeExit", endAtOnce);
}
