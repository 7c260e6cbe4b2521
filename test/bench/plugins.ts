import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { bundle } from "../../packages/cli/scripts/bundle.ts";
import { medianOf } from "./measure.ts";

/** What loading one plugin adds to a process that has the engine. */
export interface PluginCost {
  readonly name: string;
  /** Milliseconds, median. */
  readonly time: number;
  /** MB of resident memory, median. */
  readonly memory: number;
}

interface Sample {
  readonly milliseconds: number;
  readonly bytes: number;
}

/** Each built-in plugin, imported from the bundle in a process of its own, its code compiled before. @param base an empty folder */
export async function measurePlugins(base: string, rounds: number): Promise<readonly PluginCost[]> {
  await bundle(base, [{ in: join(import.meta.dirname, "load-plugin.ts"), out: "load-plugin" }]);
  writeFileSync(join(base, "package.json"), '{ "type": "module" }');
  const program = join(base, "load-plugin.js");
  const samples = new Map(builtins.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, taken] of samples) {
      const sample = measureOnce(program, name, base);
      if (round > 0) taken.push(sample);
    }
  }
  return [...samples].map(([name, taken]) => ({
    name,
    time: medianOf(taken.map(({ milliseconds }) => milliseconds)),
    memory: medianOf(taken.map(({ bytes }) => bytes)) / 1024 / 1024,
  }));
}

function measureOnce(program: string, name: string, cache: string): Sample {
  const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(cache, "compiled") };
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", program, name], { env, encoding: "utf8" }),
  ) as Sample;
}
