/** A plugin that is an npm package, from the packed command line: added, run, changed, refused by name, restored, followed by a daemon. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openScene, type Scene } from "./support.ts";
import { packedCommandLine } from "../support/packed.ts";

const spec = `version: 1
name: packages
providers:
  acme: { type: acme-npm, url: { env: ACME_URL }, key: { env: ACME_KEY } }
rotations:
  app-token:
    provider: acme
    request: { ttl: 1h }
    sinks:
      - { type: shelf-npm, url: { env: SHELF_URL }, path: app, values: { ACME_TOKEN: "{{ token }}" } }
`;

const index = `import { definePlugin, defineProvider, defineSink, httpError } from "@rotate/plugin-kit";
import "@rotate/plugin-kit/formats";
import { called } from "called";
const text = { type: "string" };
const url = { type: "string", format: "uri" };
const bearerOf = (ctx) => ctx.resolve(ctx.options.key);
const acme = defineProvider({
  type: "acme-npm",
  options: { type: "object", properties: { url, key: { type: "string", secret: true } }, required: ["url", "key"] },
  request: { type: "object", properties: { ttl: { type: "string", format: "duration", default: "1h" } } },
  fields: { token: { secret: true, description: "an Acme token" } },
  handle: { type: "object", properties: { id: text }, required: ["id"] },
  async mint(request, ctx) {
    const answer = await ctx.http(ctx.options.url + "/tokens", { json: { name: called(ctx.leaseId) }, bearer: await bearerOf(ctx) });
    if (!answer.ok) throw httpError("acme refused", answer);
    const { id, secret, expires } = answer.json({ type: "object", properties: { id: text, secret: text, expires: text }, required: ["id", "secret", "expires"] });
    console.log("minted", secret);
    return { fields: { token: ctx.secret(secret, "token") }, expires: new Date(expires), handle: { id } };
  },
  async revoke(lease, ctx) {
    const answer = await ctx.http(ctx.options.url + "/tokens/" + lease.handle.id, { method: "DELETE", bearer: await bearerOf(ctx) });
    if (!answer.ok && answer.status !== 404) throw httpError("acme refused", answer);
  },
});
const document = { type: "object", properties: { version: { type: "integer" }, values: { type: "object", additionalProperties: text } }, required: ["version", "values"] };
const read = async (ctx) => {
  const answer = await ctx.http(ctx.options.url + "/" + ctx.options.path);
  if (!answer.ok) throw httpError("shelf refused", answer);
  return answer.json(document);
};
const put = async (ctx, version, values) => {
  const answer = await ctx.http(ctx.options.url + "/" + ctx.options.path, { method: "PUT", json: { version, values } });
  if (!answer.ok) throw httpError("shelf refused", answer);
};
const shelf = defineSink({
  type: "shelf-npm",
  options: { type: "object", properties: { url, path: text }, required: ["url", "path"] },
  keys: { pattern: "^[A-Z_]+$", description: "a name" },
  target: ({ url, path }) => url + " document " + path,
  async read(keys, ctx) {
    const { values } = await read(ctx);
    return Object.fromEntries(keys.filter((key) => key in values).map((key) => [key, ctx.secret(values[key], key)]));
  },
  async prepare(values, ctx) {
    const { version, values: before } = await read(ctx);
    let done = false;
    return {
      changed: true,
      commit: async (ctx) => { await put(ctx, version, { ...before, ...values }); done = true; },
      undo: async (ctx) => { if (done) await put(ctx, version + 1, before); },
    };
  },
});
export default definePlugin({ providers: [acme], sinks: [shelf], needs: { hosts: ["{url}"] } });
`;

const name = "rotate-plugin-acme";

function install({ path }: Scene, packageName: string, files: Readonly<Record<string, string>>): void {
  const folder = path(join("node_modules", packageName));
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}

function manifest(packageName: string, more: object = {}): string {
  return JSON.stringify({ name: packageName, version: "0.1.0", type: "module", exports: "./index.js", ...more });
}

async function opened(): Promise<Scene> {
  const scene = await openScene(spec);
  install(scene, name, { "package.json": manifest(name, { dependencies: { called: "*" } }), "index.js": index });
  install(scene, "called", { "package.json": manifest("called"), "index.js": "export const called = (id) => id;" });
  return scene;
}

test("a package: added with what it touches, run, a byte and a dependency changed, refused by name, restored, run again", async () => {
  const scene = await opened();
  const { rotate, services } = scene;
  expect(await rotate("plugin", "add", name)).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  const added = await rotate("plugin", "add", name, "--yes");
  expect(added).toMatchObject({ code: 0 });
  expect(added.stdout).toMatch(
    /0\.1\.0 \(npm, 2 packages, 2 files of its own\)\n {2}adds {6}provider acme-npm, sink shelf-npm/,
  );
  expect(added.stdout).toContain("the host in `url`; enforced");
  expect(added.stdout).toContain("the option `key`, every value that shelf-npm writes");
  expect(await rotate("plugin", "approve", "--check")).toMatchObject({ code: 0 });
  for (const command of ["validate", "status", "run"]) expect(await rotate(command)).toMatchObject({ code: 0 });
  const first = services.document.values["ACME_TOKEN"];
  expect(first).toBeDefined();

  install(scene, name, { "index.js": index.replace("acme refused", "Acme refused") });
  install(scene, "called", { "index.js": "export const called = (id) => id + 1;" });
  const changed = await rotate("run", "--force");
  expect(changed).toMatchObject({ code: 2, stdout: "" });
  expect(changed.stderr).toContain(`plugin ${name} is not what was approved: changed called@0.1.0, changed index.js`);
  expect(changed.stderr).toContain(`rotate plugin approve ${name}`);
  expect(await rotate("plugin", "list")).toMatchObject({
    stdout: expect.stringMatching(/0\.1\.0 {2}changed .*confined/),
  });
  expect(await rotate("plugin", "approve", "--check")).toMatchObject({ code: 2 });
  expect(services.live.size).toBe(1);

  install(scene, name, { "index.js": index });
  install(scene, "called", { "index.js": "export const called = (id) => id;" });
  expect(await rotate("run", "--force")).toMatchObject({ code: 0 });
  expect(services.document.values["ACME_TOKEN"]).not.toBe(first);
  expect(await rotate("revoke", "app-token", "--yes")).toMatchObject({ code: 0 });
  expect(services.revoked).toContain("t2");
});

test("a package that claims a type of a built-in, or of another plugin, is not approved", async () => {
  const scene = await opened();
  install(scene, name, { "index.js": index.replace('"acme-npm"', '"vault"') });
  const taken = await scene.rotate("plugin", "add", name, "--yes");
  expect(taken).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/two plugins claim the provider type "vault"/),
  });
  install(scene, name, {
    "index.js": index.replace(
      'type: "object", properties: { url, key',
      'type: "object", oneOf: [], properties: { url, key',
    ),
  });
  const odd = await scene.rotate("plugin", "add", name, "--yes");
  expect(odd).toMatchObject({ code: 2, stderr: expect.stringMatching(/oneOf/) });
});

test("of two packages that claim one type the second is not approved", async () => {
  const scene = await opened();
  const { rotate, read } = scene;
  expect(await rotate("plugin", "add", name, "--yes")).toMatchObject({ code: 0 });
  const other = "rotate-plugin-other";
  install(scene, other, {
    "package.json": manifest(other),
    "index.js": index.replace('import { called } from "called";', "const called = (id) => id;"),
  });
  const claimed = `two plugins claim the provider type "acme-npm": ${other} and ${name}`;
  const added = await rotate("plugin", "add", other, "--yes");
  expect(added).toMatchObject({ code: 2, stderr: expect.stringContaining(claimed) });
  expect(added.stderr).toContain("leave one of them out of `plugins`");
  expect(read("rotate.lock")).not.toContain(other);
});

test("a daemon says that a plugin is not what was approved, goes on with what it has, and takes what is approved", async () => {
  const scene = await opened();
  const { rotate, services, path } = scene;
  await rotate("plugin", "add", name, "--yes");
  const { PATH = "", HOME = "" } = process.env;
  const env = {
    PATH,
    HOME,
    ROTATE_STATE_DIR: path("state"),
    ACME_URL: services.url,
    ACME_KEY: services.key,
    SHELF_URL: services.url,
  };
  const daemon = spawn(process.execPath, [packedCommandLine().entry, "watch"], { cwd: path("."), env });
  onTestFinished(() => void daemon.kill("SIGKILL"));
  let said = "";
  for (const stream of [daemon.stdout, daemon.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const patience = { timeout: 50_000, interval: 200 };
  await expect.poll(() => services.document.values["ACME_TOKEN"], patience).toBeDefined();
  install(scene, name, { "package.json": manifest(name, { dependencies: { called: "*" }, version: "0.2.0" }) });
  await expect.poll(() => said, patience).toMatch(/is not what was approved/);
  expect(await rotate("plugin", "approve", name, "--yes")).toMatchObject({ code: 0 });
  await expect.poll(() => said, patience).toMatch(/is not what was approved[\s\S]*(reloaded|read anew|spec)/);
  expect(await rotate("run", "--force")).toMatchObject({ code: 0 });
  daemon.kill("SIGTERM");
  await once(daemon, "exit");
  expect(said).not.toContain(services.document.values["ACME_TOKEN"]);
});

/** Of the package that is installed: what a plugin's own dependency would be. */
const kitUrl = pathToFileURL(join(packedCommandLine().installed, "dist/plugin-host/index.js")).href;

test("for its development a package runs in rotate's own process, unapproved, and each run says so", async () => {
  const scene = await opened();
  const kit = 'import { definePlugin, defineProvider, defineSink, httpError } from "@rotate/plugin-kit";';
  const own = index
    .replace(kit, `import { definePlugin, defineProvider, defineSink, httpError } from ${JSON.stringify(kitUrl)};`)
    .replace('import "@rotate/plugin-kit/formats";\n', "");
  install(scene, name, { "index.js": own.replace("console.log", "void ") });
  scene.write("rotate.yaml", spec.replace("name: packages", `name: packages\nplugins: [${name}]`), 0o644);
  expect(await scene.rotate("run")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("has not been approved"),
  });
  const ran = await scene.with({ ROTATE_PLUGINS_IN_PROCESS: "1" }, "run");
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(/neither confined nor pinned/) });
  expect(scene.services.live.size).toBe(1);
});
