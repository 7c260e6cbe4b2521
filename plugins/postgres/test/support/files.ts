import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A file with this text, for the length of the test. */
export async function writeTemporary(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-postgres-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, "ca.pem");
  await writeFile(path, text);
  return path;
}
