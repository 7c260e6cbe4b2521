import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { makePath } from "../../src/local/folders.ts";

vi.mock("node:fs", { spy: true });
afterEach(() => vi.restoreAllMocks());

function temporary(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "rotate-folders-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

/** Another process makes `path` between our look at it and our own call. */
async function raceFor(path: string): Promise<void> {
  const real = await vi.importActual<typeof fs>("node:fs");
  vi.mocked(fs.mkdirSync).mockImplementation((asked, options) => {
    if (asked === path) real.mkdirSync(path, { mode: 0o700 });
    return real.mkdirSync(asked, options as fs.MakeDirectoryOptions);
  });
}

test.each([0, 1, 2])(
  "a directory that another process makes at the same moment is as good as ours, %i above the last",
  async (above) => {
    const folder = temporary();
    const last = join(folder, "a", "b", "c");
    const lost = [last, dirname(last), dirname(dirname(last))][above] as string;
    await raceFor(lost);
    expect(makePath(last)).toBe(join(folder, "a"));
    expect(fs.statSync(last).isDirectory()).toBe(true);
  },
);
