/** Run by scale.ts in a process of its own, for the threads that it may use: 1,000 raw durable files, 64 at once, in the folder that is given. Prints the milliseconds. */
import { mkdirSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";

const folder = process.argv[2]!;
mkdirSync(folder);
const directory = await open(folder, "r");
let next = 0;

async function writeSome(): Promise<void> {
  while (next < 1_000) {
    const path = join(folder, String(next++));
    const file = await open(`${path}.next`, "wx", 0o600);
    await file.write("x".repeat(1_200));
    await file.sync();
    await file.close();
    await rename(`${path}.next`, path);
    await directory.sync();
  }
}

const begin = performance.now();
await Promise.all(Array.from({ length: 64 }, writeSome));
process.stdout.write(String(performance.now() - begin));
await directory.close();
