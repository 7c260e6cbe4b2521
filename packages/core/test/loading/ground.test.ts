import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadSpec } from "../../src/loading/load.ts";
import { sampleCatalog } from "./sample-plugins.ts";

const count = 300;
let directory: string;
let cache: string;
let file: string;

/** Loads a minute from now: the times of a directory count once they are two seconds old. */
async function loadLater(): Promise<readonly string[]> {
  vi.setSystemTime(vi.getRealSystemTime() + 60_000);
  const messages = await load();
  vi.setSystemTime(vi.getRealSystemTime());
  return messages;
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  directory = realpathSync(mkdtempSync(join(tmpdir(), "rotate-ground-")));
  cache = join(directory, "cache");
  file = join(directory, "spec/rotate.json");
  for (const name of ["cache", "spec", "sinks", "login"]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, "login/token"), "t");
  for (let index = 0; index < count; index++) writeFileSync(join(directory, `sinks/${index}.env`), "");
  const entries = Array.from({ length: count }, (_, index) => [
    `r${index}`,
    {
      provider: "cloud",
      request: { endpoint: "projects/p/endpoints/a" },
      sinks: [{ type: "dotenv", path: join(directory, `sinks/${index}.env`), values: { TOKEN: "{{ token }}" } }],
    },
  ]);
  const auth = { method: "pat", token: { file: join(directory, "login/token") } };
  const providers = { cloud: { type: "cloud-token", host: "https://x.example", auth } };
  const rotations = Object.fromEntries(entries) as object;
  writeFileSync(file, JSON.stringify({ version: 1, name: "many", providers, rotations }));
  await load(); // compiles
  await loadLater(); // looks, and keeps what that depended on
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

async function load(env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const { diagnostics } = await loadSpec({
    file,
    catalog: sampleCatalog(),
    home: directory,
    env,
    cache: { directory: cache, build: "one" },
  });
  return diagnostics.map(({ message }) => message);
}

/** What the last look depended on, by its file. */
function kept(): { readonly path: string; readonly inode: number; readonly ground: string } | undefined {
  const folder = join(cache, "places");
  const [name] = existsSync(folder) ? readdirSync(folder) : [];
  if (name === undefined) return undefined;
  const path = join(folder, name);
  return { path, inode: statSync(path).ino, ground: readFileSync(path, "utf8").split("\n")[1] ?? "" };
}

test("a second load of many rotations looks at no file of a directory that has not changed", async () => {
  const before = kept();
  expect(before?.ground).toContain(`${directory}/sinks`);
  expect(before?.ground).not.toContain(".env");
  expect(await load()).toEqual([]);
  expect(kept()?.inode).toBe(before?.inode); // else it is written anew
});

test("one whose directory has changed is looked at, and known from then on", async () => {
  const before = kept()?.inode;
  writeFileSync(join(directory, "sinks/more"), "");
  expect(await load()).toEqual([]);
  expect(kept()?.inode).toBe(before); // it may change again at the same time
  await loadLater();
  const after = kept()?.inode;
  expect(after).not.toBe(before);
  await load();
  expect(kept()?.inode).toBe(after);
});

function seven(): string {
  return join(directory, "sinks/7.env");
}
function login(): string {
  return join(directory, "login/token");
}

describe("what a sink stands on is found to be in danger, however lately it became so:", () => {
  test.each<[string, () => void]>([
    ["the target is a link to the login now", () => (rmSync(seven()), symlinkSync(login(), seven()))],
    ["the target is the same file as the login now", () => (rmSync(seven()), linkSync(login(), seven()))],
    ["the login is the same file as the target now", () => (rmSync(login()), linkSync(seven(), login()))],
    ["the login is a link to the target now", () => (rmSync(login()), symlinkSync(seven(), login()))],
    [
      "the directory of the target is that of the login now",
      () => {
        renameSync(join(directory, "login/token"), join(directory, "login/7.env"));
        symlinkSync("7.env", login());
        renameSync(join(directory, "sinks"), join(directory, "gone"));
        symlinkSync(join(directory, "login"), join(directory, "sinks"));
      },
    ],
    [
      "the same, with the times of the directory set back",
      () => {
        rmSync(seven());
        linkSync(login(), seven());
        const then = new Date(Date.now() - 60_000);
        utimesSync(join(directory, "sinks"), then, then);
      },
    ],
  ])("%s", async (_, change) => {
    expect(await load()).toEqual([]);
    change();
    expect(await load()).toContainEqual(expect.stringContaining("reads to log in"));
    expect(await loadLater()).toContainEqual(expect.stringContaining("reads to log in"));
  });
});

test("a link that led nowhere and leads to the login now is seen, though its own directory has not changed", async () => {
  rmSync(join(directory, "sinks/7.env"));
  symlinkSync(join(directory, "elsewhere/token"), join(directory, "sinks/7.env"));
  expect(await loadLater()).toEqual([]);
  symlinkSync(join(directory, "login"), join(directory, "elsewhere"));
  expect(await load()).toContainEqual(expect.stringContaining("reads to log in"));
});

test("what of it cannot be read is no answer: all is looked at", async () => {
  const { path } = kept()!;
  const [head] = readFileSync(path, "utf8").split("\n");
  rmSync(join(directory, "sinks/7.env"));
  symlinkSync(join(directory, "login/token"), join(directory, "sinks/7.env"));
  for (const text of ["", "{}", "null\nnull", `${head}\n{"env":`, `${head}\nnull`, `${head}\n{}`]) {
    writeFileSync(path, text);
    expect(await load()).toContainEqual(expect.stringContaining("reads to log in"));
  }
});
