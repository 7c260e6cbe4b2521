#!/usr/bin/env node
// Plain JavaScript on purpose: it has to run, and to explain itself, on any Node there is.
const { readFileSync } = require("fs");
const { join } = require("path");

const fatal = 70;

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
  console.error(`rotate needs Node ${range.split("||").join("or")}; this is ${process.version}`);
  console.error(
    checkout
      ? "run `npm ci` in the checkout once: it brings its own Node"
      : "install one of these: https://nodejs.org/en/download",
  );
  process.exitCode = fatal;
}

/** Runs this same command under the Node that `npm ci` brought, as if it were this process. */
function runUnder(node, program) {
  const { spawn } = require("child_process");
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

/** A path of this package. */
function here(path) {
  return join(__dirname, path);
}

/** In a checkout the pinned Node takes over. */
function leaveTo(range) {
  const { existsSync } = require("fs");
  const checkout = existsSync(here("../src/commands")); // sources are never published
  const pinned = here("../../../node_modules/.bin/node");
  if (checkout && existsSync(pinned)) runUnder(pinned, here("rotate.js"));
  else explain(range, checkout);
}

const { engines } = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8"));
if (!accepts(engines.node, process.versions.node)) leaveTo(engines.node);
else module.exports = require("./main.js");
