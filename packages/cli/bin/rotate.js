#!/usr/bin/env node
// Plain JavaScript on purpose: it has to run, and to explain itself, on any Node that knows ES modules.
const needed = [22, 22];
const fatal = 70;

function isTooOld(version) {
  const [major, minor] = version.split(".").map(Number);
  return major < needed[0] || (major === needed[0] && minor < needed[1]);
}

function explain(checkout) {
  console.error(`rotate needs Node ${needed.join(".")} or newer; this is ${process.version}`);
  console.error(
    checkout
      ? "run `npm ci` in the checkout once: it brings its own Node"
      : "install a newer Node: https://nodejs.org/en/download",
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

/** In a checkout the pinned Node takes over. Only here is anything of Node's imported: it costs every start 10 ms. */
async function leaveTo() {
  const { existsSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  const here = (path) => fileURLToPath(new URL(path, import.meta.url));
  const checkout = existsSync(here("../src/commands")); // sources are never published
  const pinned = here("../../../node_modules/.bin/node");
  if (checkout && existsSync(pinned)) await runUnder(pinned, here("rotate.js"));
  else explain(checkout);
}

if (isTooOld(process.versions.node)) await leaveTo();
else await import("./main.js");
