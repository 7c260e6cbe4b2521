import { spawn } from "node:child_process";

/** One side of a comparison: does the job once. */
export interface Contender {
  readonly name: string;
  readonly once: () => Promise<void>;
}

export interface Timing {
  readonly name: string;
  /** Median, milliseconds. */
  readonly median: number;
  /** Median over the median of the first contender, which is the anchor. */
  readonly ratio: number;
}

/** Every contender in turn, round after round, so that a busy moment of the machine hits all of them; the first round warms up and is not counted. */
export async function compare(contenders: readonly Contender[], rounds: number): Promise<readonly Timing[]> {
  const times = contenders.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { once }] of contenders.entries()) {
      const begin = performance.now();
      await once();
      if (round > 0) times[index]?.push(performance.now() - begin);
    }
  }
  const medians = times.map(medianOf);
  const anchor = medians[0] ?? Number.NaN;
  return contenders.map(({ name }, index) => {
    const median = medians[index] ?? Number.NaN;
    return { name, median, ratio: median / anchor };
  });
}

/** The middle one; the upper of two. */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A command from start to end. Rejects when it fails, with what it said. */
export function command(
  argv: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): () => Promise<void> {
  const [file, ...args] = argv;
  return () =>
    new Promise((resolve, reject) => {
      const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
      const said: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
      child.on("error", reject);
      child.on("close", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${argv.join(" ")} ended with ${code}: ${Buffer.concat(said).toString()}`));
      });
    });
}
