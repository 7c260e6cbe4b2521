/**
 * One durable write in a process of its own, for the fault sweep: `file-writer.ts PATH VALUE [OPTIONS]`. It warms up on a file of its own and says
 * `ready`; told to go on, it writes PASSWORD=VALUE and says `ok` or the code of its error; told again, it undoes what failed and ends.
 */
import { createInterface } from "node:readline";
import { type Context, isRotateError, type Prepared } from "@rotate/plugin-kit";
import { stageFile, type StageOptions } from "@rotate/plugin-kit/files";

const [path = "", value = "", options = "{}"] = process.argv.slice(2);
const silent = (): void => undefined;
const ctx: StageOptions["ctx"] = {
  log: { debug: silent, info: silent, warn: silent },
  now: Date.now,
  exec: () => Promise.resolve({ exitCode: 0, stdout: "-rw-r----- 1 0 0", stderr: "" }),
};

function withPassword(before: Buffer | undefined): Buffer {
  const lines = (before?.toString() ?? "").split("\n");
  const others = lines.filter((line) => line !== "" && !line.startsWith("PASSWORD="));
  return Buffer.from([...others, `PASSWORD=${value}`, ""].join("\n"));
}

function codeOf(error: unknown): string {
  return isRotateError(error) ? error.code : `not a RotateError: ${String(error)}`;
}

/** Resolves to what was said, and the way back when it failed. */
async function write(target: string): Promise<{ readonly said: string; readonly failed?: Prepared }> {
  let prepared: Prepared | undefined;
  try {
    prepared = await stageFile(target, withPassword, { ctx, ...(JSON.parse(options) as object) });
    await prepared.commit({} as Context);
    return { said: "ok" };
  } catch (error) {
    return { said: codeOf(error), ...(prepared && { failed: prepared }) };
  }
}

await write(`${path}.warm-up`);
const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
process.stdout.write("ready\n");
await orders.next();
const { said, failed } = await write(path);
process.stdout.write(`${said}\n`);
await orders.next();
await failed?.undo?.({} as Context).catch(silent); // with a disk that stays broken there is no way back; what is left is judged
process.exit(0);
