import { chmod, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSpec } from "../../src/loading/load.ts";
import { edited } from "./load.ts";
import { sampleCatalog, soundSpec } from "./sample-plugins.ts";

const catalog = sampleCatalog();

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "rotate-spec-"));
}

async function messageOf(file: string): Promise<string> {
  const { spec, diagnostics } = await loadSpec({ file, catalog });
  expect(spec).toBeUndefined();
  expect(diagnostics).toMatchObject([{ file, line: 0 }]);
  return diagnostics.map(({ message, hint }) => `${message} (${hint ?? ""})`).join();
}

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.slice(0, 100));
  yield Buffer.from(text.slice(100));
}

test("a missing spec says how to name one", async () => {
  expect(await messageOf(join(await folder(), "rotate.yaml"))).toBe(
    "no such file (name the spec with -f FILE, or in ROTATE_FILE)",
  );
});

test("a spec without a name that is reached through a link is warned of, with the name that keeps its state", async () => {
  const directory = await folder();
  await mkdir(join(directory, "releases"));
  await mkdir(join(directory, "releases", "5"));
  await symlink("releases/5", join(directory, "current"));
  const file = join(directory, "releases", "5", "rotate.yaml");
  await writeFile(file, edited(["name: demo\n", ""]));
  const [plain, linked] = await Promise.all(
    [file, join(directory, "current", "rotate.yaml")].map((path) => loadSpec({ file: path, catalog })),
  );
  expect(plain?.diagnostics).toEqual([]);
  expect(linked?.spec?.name).toBe(plain?.spec?.name);
  expect(linked?.diagnostics).toMatchObject([
    { severity: "warning", hint: `add \`name: ${plain?.spec?.name}\` to keep the present state` },
  ]);
  await writeFile(file, soundSpec);
  expect((await loadSpec({ file: join(directory, "current", "rotate.yaml"), catalog })).diagnostics).toEqual([]);
});

test("a directory is not a spec", async () => {
  expect(await messageOf(await folder())).toMatch(/^a directory, not a spec/);
});

test("a path through a file says so", async () => {
  const file = join(await folder(), "a");
  await writeFile(file, "");
  expect(await messageOf(join(file, "rotate.yaml"))).toMatch(/not a directory/);
});

test("an unreadable spec says what to allow", async (context) => {
  context.skip(process.getuid?.() === 0, "root reads everything");
  const file = join(await folder(), "rotate.yaml");
  await writeFile(file, soundSpec);
  await chmod(file, 0);
  expect(await messageOf(file)).toMatch(/^not readable \(give read permission/);
});

test("a file that is not text is not a spec", async () => {
  const file = join(await folder(), "rotate.yaml");
  await writeFile(file, Buffer.from([0xff, 0xfe, 0x76, 0x00]));
  expect(await messageOf(file)).toMatch(/^not UTF-8 text/);
});

test("a spec is read from its file, and paths are relative to it", async () => {
  const directory = await folder();
  await writeFile(join(directory, "rotate.yaml"), soundSpec);
  const { spec } = await loadSpec({ file: "rotate.yaml", cwd: directory, catalog });
  expect(spec).toMatchObject({ file: join(directory, "rotate.yaml"), directory });
  expect(spec?.rotations[0]?.sinks[0]?.target).toBe(join(directory, ".env"));
});

test("a spec may be JSON, and its faults have places too", async () => {
  const file = join(await folder(), "rotate.json");
  const json = {
    version: 1,
    name: "j",
    providers: {
      p: { type: "cloud-token", host: "https://x.example.com", auth: { method: "pat", token: { env: "T" } } },
    },
    rotations: {
      db: {
        provider: "p",
        request: { endpoint: "projects/a/endpoints/b" },
        sinks: [{ type: "dotenv", path: ".env", values: { A: "{{ token }}" } }],
      },
    },
  };
  await writeFile(file, JSON.stringify(json, undefined, 2));
  expect((await loadSpec({ file, catalog })).spec?.rotations[0]?.name).toBe("db");
  await writeFile(file, JSON.stringify({ ...json, nmae: 1 }, undefined, 2));
  const { diagnostics } = await loadSpec({ file, catalog });
  expect(diagnostics).toMatchObject([
    { column: 3, message: 'the spec has an unknown key "nmae"', hint: 'did you mean "name"?' },
  ]);
  expect(diagnostics[0]?.line).toBeGreaterThan(10);
});

test("a spec comes from standard input, relative to where rotate runs, if it has a name", async () => {
  const { spec } = await loadSpec({ file: "-", cwd: "/srv", stdin: inPieces(soundSpec), catalog });
  expect(spec).toMatchObject({ file: "-", directory: "/srv", name: "demo" });
  const { diagnostics } = await loadSpec({
    file: "-",
    cwd: "/srv",
    stdin: inPieces(edited(["name: demo\n", ""])),
    catalog,
  });
  expect(diagnostics).toMatchObject([{ file: "-", message: "a spec on standard input needs a name" }]);
});

test("links to one spec lead to one name, so to one state", async () => {
  const directory = await folder();
  const unnamed = edited(["name: demo\n", ""]);
  await mkdir(join(directory, "a"));
  await writeFile(join(directory, "a", "rotate.yaml"), unnamed);
  await symlink(join(directory, "a", "rotate.yaml"), join(directory, "rotate.yaml"));
  const direct = await loadSpec({ file: join(directory, "a", "rotate.yaml"), catalog });
  const linked = await loadSpec({ file: join(directory, "rotate.yaml"), catalog });
  expect(linked.spec?.name).toBe(direct.spec?.name);
});

test("a JSON key that is written with an escape is read as it is meant", async () => {
  const seen = JSON.parse('{"{":[],"\\\\":{}," ":0}') as object;
  const { diagnostics } = await loadSpec({ file: "/x.json", text: '{"{":[],"\\"":{}," ":0}', catalog });
  expect(seen).toBeDefined();
  expect(diagnostics.map(({ message }) => message)).toContain('the spec has an unknown key "\\""');
});
