#!/usr/bin/env node
// Plain JavaScript on purpose: it has to run, and to explain itself, on any Node that knows ES modules.
const fatal = 70;

/** Reads a file of this package. What a Node of ours has is taken as it is: an `import` of anything of Node's costs every start 10 ms. */
async function readOwn(path) {
  const { readFileSync } = process.getBuiltinModule?.("node:fs") ?? (await import("node:fs"));
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** Is a version in a range such as `^22.22.2 || >=26`, of these two forms alone? */
function accepts(range, version) {
  const given = version.split(".").map(Number);
  return range.split("||").some((part) => {
    const [, form, numbers] = /^\s*(\^|>=)([\d.]+)\s*$/.exec(part);
    const least = numbers.split(".").map(Number);
    return (form === ">=" || given[0] === least[0]) && !isBelow(given, least);
  });
}

function isBelow(given, [major, minor = 0, patch = 0]) {
  const difference = given[0] - major || given[1] - minor || given[2] - patch;
  return difference < 0;
}

function explain(range, checkout) {
  console.error(`rotate needs Node ${range.replaceAll("||", "or")}; this is ${process.version}`);
  console.error(
    checkout
      ? "run `npm ci` in the checkout once: it brings its own Node"
      : "install one of these: https://nodejs.org/en/download",
  );
  process.exitCode = fatal;
}

/** Runs this same command under the Node that `npm ci` brought, as if it were this process. */
async function runUnder(node, program) {
  const { spawn } = await import("node:child_process");
  const child = spawn(node, ["--disable-sigusr1", program, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]) {
    const sentByTerminal = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT"); // to the child as well
    process.on(signal, () => sentByTerminal || child.kill(signal));
  }
  child.on("error", (error) => {
    console.error(`cannot start ${node}: ${error.message}`);
    process.exitCode = fatal;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** In a checkout the pinned Node takes over. */
async function leaveTo(range) {
  const { existsSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  const here = (path) => fileURLToPath(new URL(path, import.meta.url));
  const checkout = existsSync(here("../src/commands")); // sources are never published
  const pinned = here("../../../node_modules/.bin/node");
  if (checkout && existsSync(pinned)) await runUnder(pinned, here("rotate.js"));
  else explain(range, checkout);
}

const { engines } = JSON.parse(await readOwn("../package.json"));
if (!accepts(engines.node, process.versions.node)) await leaveTo(engines.node);
else await import("./main.js");
