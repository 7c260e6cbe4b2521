/** Reads a file as fast as it can until stdin ends; counts reads that are empty, short, mixed or fail. */
import { readFileSync } from "node:fs";

const [path = ""] = process.argv.slice(2);
const seen = new Set<string>();
let reads = 0;
let faults = 0;

function readOnce(): void {
  reads += 1;
  try {
    const text = readFileSync(path, "latin1");
    seen.add(text.charAt(0));
    if (text !== `${text.charAt(0).repeat(20_000)}\n`) faults += 1;
  } catch {
    faults += 1;
  }
}

function readOn(): void {
  for (let count = 0; count < 20; count++) readOnce();
  if (process.stdin.readableEnded) process.stdout.write(JSON.stringify({ reads, faults, generations: seen.size }));
  else setImmediate(readOn);
}

process.stdin.resume();
process.stdout.write("ready\n");
readOn();
