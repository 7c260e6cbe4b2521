/** Bundled and run by plugins.ts: imports one built-in plugin, beside the engine, and prints what that took. */
import { loadSpec } from "@rotate/core";
import { builtins } from "@rotate/builtins";

await loadSpec({
  file: "-",
  text: "",
  catalog: {
    types: () => [],
    find: async () => undefined,
    findChecked: async () => undefined,
    with: (): never => never(),
  },
});
const plugin = builtins.find(({ name }) => name === process.argv[2]);
globalThis.gc?.();
const before = { time: performance.now(), memory: process.memoryUsage.rss() };
await plugin?.load();
const milliseconds = performance.now() - before.time;
process.stdout.write(JSON.stringify({ milliseconds, bytes: process.memoryUsage.rss() - before.memory }));

function never(): never {
  throw new Error("the empty spec names no plugin");
}
