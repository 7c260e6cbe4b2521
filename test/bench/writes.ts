import { closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { stageFile } from "@rotate/plugin-kit/files";
import { createTestContext } from "@rotate/testkit";
import { compare, type Timing } from "./measure.ts";

const files = 1_000;
const content = `TOKEN=${"x".repeat(1_180)}\n`;

/** The least that makes a replaced file durable: open, write, fsync, rename, fsync of the folder. No checks, no mode, no owner. */
function writeRaw(path: string, text: string, directory: number): void {
  const next = `${path}.next`;
  const file = openSync(next, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
  fsyncSync(directory);
}

const ctx = createTestContext({ timeout: 600_000 });

async function writeStaged(path: string): Promise<void> {
  const prepared = await stageFile(path, () => Buffer.from(content), { ctx });
  await prepared.commit(ctx);
}

/** 1,000 files of 1.2 kB, one after the other. @param base an empty folder */
export function compareWrites(base: string, rounds: number): Promise<readonly Timing[]> {
  let round = 0;
  return compare(
    [
      {
        name: "raw open, write, fsync, rename, fsync",
        once: async () => {
          const folder = join(base, `raw-${round}`);
          mkdirSync(folder);
          const directory = openSync(folder, constants.O_RDONLY);
          for (let index = 0; index < files; index++) writeRaw(join(folder, `${index}.env`), content, directory);
          closeSync(directory);
        },
      },
      {
        name: "stageFile and commit",
        once: async () => {
          const folder = join(base, `staged-${round++}`);
          mkdirSync(folder);
          for (let index = 0; index < files; index++) await writeStaged(join(folder, `${index}.env`));
        },
      },
    ],
    rounds,
  );
}
