import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { published, readJson, root, workspaces, type Manifest } from "../support/workspace.ts";

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly dependencies?: Readonly<Record<string, string>>;
        readonly hasInstallScript?: boolean;
        readonly integrity?: string;
        readonly link?: boolean;
        readonly resolved?: string;
      }
    >
  >;
}

const manifests = workspaces().map(({ manifest }) => manifest);
const lock = readJson("package-lock.json") as Lock;

function dependenciesOf({ dependencies, devDependencies }: Manifest): readonly (readonly [string, string])[] {
  return Object.entries({ ...dependencies, ...devDependencies });
}

/** The place in the lock file that Node would find from `from`. */
function resolve(name: string, from: string): string {
  for (let at = from; ; at = at.slice(0, at.lastIndexOf("/node_modules/"))) {
    const path = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (path in lock.packages) return path;
    if (!at.includes("/node_modules/")) return `node_modules/${name}`;
  }
}

/** Everything that is installed with our published packages. */
function runtimeClosure(): ReadonlySet<string> {
  const seen = new Set<string>();
  const queue = workspaces().map(({ folder }) => folder);
  for (const path of queue) {
    for (const name of Object.keys(lock.packages[path]?.dependencies ?? {})) {
      const found = resolve(name, path);
      if (!seen.has(found)) queue.push(found);
      seen.add(found);
    }
  }
  return seen;
}

test("every dependency has one exact version in the whole workspace", () => {
  const all = [...manifests, readJson("package.json") as Manifest].flatMap(dependenciesOf);
  const versions = Map.groupBy(all, ([name]) => name);
  const disagreeing = [...versions].filter(([, uses]) => new Set(uses.map(([, version]) => version)).size > 1);
  expect(disagreeing).toEqual([]);
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test("our packages share version, licence and the Node they need", () => {
  const shared = manifests.map(({ version, license, engines }) => ({ version, license, engines }));
  for (const one of shared) expect(one).toEqual(shared[0]);
  expect(shared[0]?.license).toBe("Apache-2.0");
});

test("our packages depend on each other at exactly that version", () => {
  const ours = manifests.flatMap(dependenciesOf).filter(([name]) => name.startsWith("@rotate/"));
  expect(ours.filter(([, version]) => version !== manifests[0]?.version)).toEqual([]);
});

test("a package that is published names nothing that only its tests or its build need", () => {
  expect(published().filter(({ manifest }) => manifest.devDependencies !== undefined)).toEqual([]);
  expect(Object.keys((readJson("packages/cli/package.json") as Manifest).dependencies ?? {})).toEqual([]);
});

test("nothing that is installed with our packages runs a script while it is installed", () => {
  const scripted = [...runtimeClosure()].filter((path) => lock.packages[path]?.hasInstallScript === true);
  expect(scripted).toEqual([]);
  const install = ["preinstall", "install", "postinstall", "prepare"];
  expect(manifests.filter(({ scripts }) => install.some((name) => name in (scripts ?? {})))).toEqual([]);
});

test("the lock file pins every package by integrity and names no registry", () => {
  const foreign = Object.entries(lock.packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);
  expect(foreign.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  expect(foreign.filter(([, { resolved }]) => resolved?.startsWith("http")).map(([path]) => path)).toEqual([]);
});

test("the top level has no folder but those of the design", () => {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  const folders = new Set(tracked.filter((path) => path.includes("/")).map((path) => path.split("/")[0]));
  expect([...folders].filter((name) => !/^(packages|plugins|schemas|test|docs|\.ci)$/.test(name ?? ""))).toEqual([]);
});
