/** All that tries a plugin, in one module: it is loaded, with the test kit, when that is asked for. */
export { openHarness } from "./harness-program.ts";
export { suitesOf, weeksOf } from "./suites.ts";
export { wireSuite } from "./wire-suite.ts";
