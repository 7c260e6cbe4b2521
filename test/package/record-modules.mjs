// Preloaded into a command under test: writes what it had loaded when it ended.
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const files = [];
registerHooks({
  load: (url, context, next) => {
    files.push(url);
    return next(url, context);
  },
});
process.on("exit", () => {
  const builtins = process.moduleLoadList.filter((name) => name.startsWith("NativeModule "));
  writeFileSync(process.env.RECORD_MODULES, JSON.stringify({ files, builtins }));
});
