import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bundle, packagesIn } from "../../packages/cli/scripts/bundle.ts";
import { linksIn } from "../support/links.ts";
import { packedCommandLine } from "../support/packed.ts";
import { published, readJson, root, type Manifest } from "../support/workspace.ts";
import { filesOf, packAll, type Packed } from "./packed.ts";

let packed: Packed;

beforeAll(() => {
  packed = packAll();
}, 300_000);
afterAll(() => rmSync(packed.folder, { recursive: true, force: true }));

/** A folder in the project with the quickstart's spec. */
function quickstart(name: string): string {
  const folder = join(packed.project, name);
  mkdirSync(folder);
  cpSync(join(root, "docs/examples/quickstart/rotate.yaml"), join(folder, "rotate.yaml"));
  return folder;
}

function run(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const own = { PATH: process.env["PATH"], HOME: packed.project, ...env };
  return spawnSync(packed.rotate, argv, { cwd, env: own, encoding: "utf8" });
}

interface Report {
  readonly rotations: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly credential: { readonly expiresAt: string };
  }[];
}

/** What `rotate plugin new` copies. */
const templates = "docs/examples/plugins/";
/** Nothing else of these comes to be when they are run. */
const written = /\.(py|sh|go|ts|gitignore)$|\/(go\.mod|package\.json|tsconfig\.json)$/;

test("every published package is packed, without sources, tests or maps, and with its licence", () => {
  expect(packed.tarballs).toHaveLength(published().length);
  for (const tarball of packed.tarballs) {
    const files = filesOf(tarball);
    expect([basename(tarball), files.includes("LICENSE")]).toEqual([basename(tarball), true]);
    const ours = files.filter((file) => !file.startsWith(templates));
    expect(ours.filter((file) => /^(src|test|scripts)\/|\.map$|tsbuildinfo|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  }
});

test.each(published().map(({ manifest }) => manifest.name))("publint finds nothing in %s", async (name) => {
  const [tarball] = packed.tarballs.filter((path) => basename(path).startsWith(`${name.slice(1).replace("/", "-")}-0`));
  const { buffer } = new Uint8Array(readFileSync(String(tarball)));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("a tarball's package.json names nothing that is not published", () => {
  const names = new Set(published().map(({ manifest }) => manifest.name));
  for (const tarball of packed.tarballs) {
    const text = execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" });
    const { devDependencies, dependencies = {} } = JSON.parse(text) as Manifest;
    const hidden = Object.keys(dependencies).filter((name) => name.startsWith("@rotate/") && !names.has(name));
    expect({ tarball, devDependencies, hidden }).toEqual({ tarball, devDependencies: undefined, hidden: [] });
  }
});

test("the pages in the package link only to what is in it, and hold nothing that running them has left", () => {
  const files = filesOf(packedCommandLine().tarball);
  const { installed } = packedCommandLine();
  const pages = files.filter((file) => file.endsWith(".md"));
  expect(pages).toContain("docs/errors.md");
  const dead = pages.flatMap((page) =>
    linksIn(readFileSync(join(installed, page), "utf8"))
      .map((target) => normalize(join(dirname(page), target)).replace(/\/$/, ""))
      .filter((target) => !files.some((file) => file === target || file.startsWith(`${target}/`))),
  );
  expect(dead).toEqual([]);
  const others = files.filter((file) => /^docs\/.*(?<!\.md|\.yaml|\/rotate\.dashboard\.json)$/.test(file));
  expect(others.filter((file) => !file.startsWith(templates) || !written.test(file))).toEqual([]);
});

describe("installed in an empty folder, without a network", () => {
  test("the command line brings nothing but itself", () => {
    const installed = execFileSync("ls", [
      join(packed.project, "node_modules"),
      join(packed.project, "node_modules/@rotate"),
    ]);
    expect(installed.toString()).not.toContain("oclif");
    const tarball = packed.tarballs.find((path) => path.includes("rotate-cli-"));
    expect(statSync(String(tarball)).size).toBeLessThan(2_500_000);
  });

  test("a rotation runs from the build; the second run finds it fresh", () => {
    const cwd = quickstart("twice");
    const first = run(["run", "--json"], cwd);
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining("minted")]);
    expect((JSON.parse(first.stdout) as Report).rotations).toMatchObject([{ name: "app-token", outcome: "rotated" }]);
    const env = readFileSync(join(cwd, ".env"), "utf8");
    expect(env).toMatch(/^APP_TOKEN=ey\S+$/m);

    const second = run(["run", "--json"], cwd);
    expect(second.status).toBe(0);
    const [fresh] = (JSON.parse(second.stdout) as Report).rotations;
    expect(fresh).toMatchObject({ name: "app-token", outcome: "fresh" });
    expect(env).toContain(`APP_TOKEN_EXPIRES_AT=${fresh?.credential.expiresAt}\n`);
    expect(readFileSync(join(cwd, ".env"), "utf8")).toBe(env);
  });

  test("help, errors and did-you-mean work from the build as well", () => {
    const cwd = quickstart("usage");
    expect(run(["status", "--help"], cwd).stdout).toContain("$ rotate status");
    expect(run(["statsu"], cwd)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean "status"?'),
    });
    expect(run(["run", "--forc"], cwd)).toMatchObject({ status: 2, stderr: expect.stringContaining("--forc") });
  });

  test("a plugin author's package, and the kit's own example, compile with the libraries' types checked, and run", () => {
    writeFileSync(
      join(packed.project, "author.ts"),
      `import { definePlugin, defineProbe } from "@rotate/plugin-kit";
import { stageFile } from "@rotate/plugin-kit/files";
const probe = defineProbe({ type: "nothing", options: { type: "object" }, run: async () => undefined });
console.log(definePlugin({ probes: [probe] }).apiVersion, typeof stageFile);
`,
    );
    const readme = readFileSync(join(packed.project, "node_modules/@rotate/plugin-kit/README.md"), "utf8");
    writeFileSync(join(packed.project, "readme.ts"), String(/```ts\n(.*?)```/s.exec(readme)?.[1]));
    const options = [
      "--noEmit",
      "--module",
      "nodenext",
      "--strict",
      "--types",
      "node",
      "--typeRoots",
      join(root, "node_modules/@types"),
    ];
    execFileSync("tsc", [...options, "author.ts", "readme.ts"], { cwd: packed.project, stdio: "inherit" });
    const said = execFileSync(process.execPath, ["author.ts"], { cwd: packed.project, encoding: "utf8" });
    expect(said).toBe("1 function\n");
  });
});

type Outputs = Awaited<ReturnType<typeof bundle>>["outputs"];

let bundled: ReturnType<typeof bundle> | undefined;

/** The build once more, with what went into it. */
function bundledAgain(): ReturnType<typeof bundle> {
  return (bundled ??= bundle(join(packed.folder, "again")));
}

/** What the joined file of the hot commands is made of: a source and all that it imports at once. */
function loadedAtOnce(outputs: Outputs, source: string): readonly Outputs[string][] {
  const found = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === source));
  for (const path of found)
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (kind === "import-statement" && external !== true) found.add(next);
  return [...found].map((path) => outputs[path]!);
}

test("a run with nothing due has not loaded what it does not need", async () => {
  const cwd = quickstart("modules");
  expect(run(["run"], cwd).status).toBe(0);
  const record = join(cwd, "modules.json");
  const recorder = join(root, "test/package/record-modules.mjs");

  function again(): Readonly<Record<"files" | "builtins", readonly string[]>> {
    const { stdout } = run(["run"], cwd, { NODE_OPTIONS: `--import=${recorder}`, RECORD_MODULES: record });
    expect(stdout).toContain("fresh");
    return JSON.parse(readFileSync(record, "utf8")) as ReturnType<typeof again>;
  }

  // A file that was written less than two seconds ago is read once more.
  const { files, builtins } = await vi.waitFor(
    () => {
      const recorded = again();
      expect(recorded.builtins).not.toContain("NativeModule crypto");
      return recorded;
    },
    { timeout: 40_000, interval: 500 },
  );
  const { outputs } = await bundledAgain();
  const names = new Set(files.map((url) => basename(url)));
  const late = Object.entries(outputs).filter(([path]) => names.has(basename(path)));
  const first = ["src/main.ts", "src/actions/quick.ts"].flatMap((source) => loadedAtOnce(outputs, source));
  const inputs = [...late.map(([, output]) => output), ...first].flatMap((output) => Object.keys(output.inputs));
  expect(inputs).toContain("../core/src/engine/tick.ts");
  // What only work needs, and what only a spec that changed needs, is left where it is.
  for (const asleep of ["rotation/rotate.ts", "loading/compile-input.ts", "plugins/plugins.ts", "watch/daemon.ts"])
    expect(inputs).not.toContain(`../core/src/${asleep}`);
  const packages = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual([]);
  const heavy = /undici|\bhttps?\b|NativeModule (crypto|fs\/promises|child_process|net|tls)$/;
  expect(builtins.filter((name) => heavy.test(name))).toEqual([]);
});

test("every third-party package in the build is named with its licence", async () => {
  const folders = packagesIn(await bundledAgain());
  const licences = readFileSync(join(packed.project, "node_modules/@rotate/cli/dist/LICENSES.txt"), "utf8");
  expect(folders.length).toBeGreaterThan(10);
  for (const folder of folders) {
    const { name } = readJson(join("packages/cli", folder, "package.json")) as { readonly name: string };
    expect(licences).toContain(`${name} `);
  }
});
