/**
 * Given to Node where we start a daemon ourselves. What was made last may else take 64 MB in a process that uses 18, and stays. Of V8's flags it is
 * one that kept code does not count, and it holds from the start only.
 */
export const daemonFlags: readonly string[] = ["--max-semi-space-size=8"];
