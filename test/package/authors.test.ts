/** What a plugin author installs: small, whole, typed, and the same tomorrow. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installAlone, packedKits } from "../support/packed.ts";
import { root } from "../support/workspace.ts";
import { exportsOf } from "./exports.ts";

const folder = mkdtempSync(join(tmpdir(), "rotate-authors-"));
const project = join(folder, "project");
const modules = join(project, "node_modules");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  installAlone(project, packedKits());
}, 300_000);

function bytesIn(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

test("kit and test kit bring nothing of others, and are less than 1 MB together", () => {
  expect(readdirSync(modules).filter((name) => !name.startsWith("."))).toEqual(["@rotate"]);
  expect(bytesIn(modules)).toBeLessThan(1_000_000);
});

test("each says on its own page what it is for", () => {
  for (const name of ["plugin-kit", "testkit", "runtime"])
    expect(readFileSync(join(modules, "@rotate", name, "README.md"), "utf8")).toMatch(/^# @rotate\/[\s\S]{200}/);
});

const contract = `import { definePlugin, defineProvider, httpError } from "@rotate/plugin-kit";
import { secretRef, providerContract } from "@rotate/testkit";
import { describe, test } from "node:test";

export const acme = defineProvider({
  type: "acme",
  options: { type: "object", properties: { url: { type: "string" }, key: { type: "string", secret: true } }, required: ["url", "key"] },
  request: { type: "object", properties: { ttl: { type: "string", format: "duration", default: "1h" } } },
  fields: { token: { secret: true, description: "a token" } },
  handle: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  async mint({ ttl }, { options, http, resolve, secret }) {
    const answer = await http(options.url, { json: { ttl }, bearer: await resolve(options.key) });
    if (!answer.ok) throw httpError("acme refused", answer);
    const { id, token } = answer.json({ type: "object", properties: { id: { type: "string" }, token: { type: "string" } }, required: ["id", "token"] });
    return { fields: { token: secret(token, "token") }, expires: { in: ttl }, handle: { id } };
  },
  async revoke({ handle }, { options, http }) {
    await http(\`\${options.url}/\${handle.id}\`, { method: "DELETE" });
  },
});
export default definePlugin({ providers: [acme], needs: { hosts: ["{url}"] } });
const ref = secretRef("a-key");
console.log(typeof ref, typeof describe, typeof test, typeof providerContract);
`;

test("a plugin and its tests are typed with the libraries' types checked, and run", () => {
  writeFileSync(join(project, "acme.ts"), contract);
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  const strict = [
    "--noEmit",
    "--module",
    "nodenext",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--skipLibCheck",
    "false",
  ];
  execFileSync("tsc", [...strict, ...types, "acme.ts"], { cwd: project, stdio: "inherit" });
  const said = execFileSync(process.execPath, ["acme.ts"], { cwd: project, encoding: "utf8" });
  expect(said).toBe("object function function function\n");
});

test("an export that comes or goes is told in the changelog", () => {
  const released = JSON.parse(readFileSync(join(import.meta.dirname, "exports.json"), "utf8")) as object;
  const now = { ...exportsOf("plugin-kit"), ...exportsOf("testkit") };
  const before = new Set(
    Object.entries(released).flatMap(([entry, names]) => named(entry, names as readonly string[])),
  );
  const after = new Set(Object.entries(now).flatMap(([entry, names]) => named(entry, names)));
  const changed = [...[...before].filter((one) => !after.has(one)), ...[...after].filter((one) => !before.has(one))];
  const [, unreleased = ""] = readFileSync(join(root, "CHANGELOG.md"), "utf8").split(/^## /m);
  const untold = changed.filter((one) => !unreleased.includes(`\`${one.split(" ")[1]}\``));
  // Name it in CHANGELOG.md, in backticks. With a release: npm run exports
  expect(untold).toEqual([]);
});

function named(entry: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${entry} ${name}`);
}
