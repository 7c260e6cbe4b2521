import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examples, has, openScene } from "./support.ts";

const published = readFileSync(join(examples, "rotate.yaml"), "utf8");
const withoutPlugins = published.replace(/^plugins:\n(  - .*\n)+/m, "");

test.skipIf(!has("python3"))(
  "a provider and a sink in Python: added, run, a byte changed, refused by name, restored, run again",
  async () => {
    const { services, rotate, write, read, path } = await openScene(withoutPlugins);
    const { document, live, revoked } = services;
    expect(await rotate("plugin", "list")).toMatchObject({ code: 0, stdout: "the spec names no plugins\n" });
    const added = await rotate("plugin", "add", "./acme.py", "--yes");
    expect(added).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/approved[\s\S]*provider acme[\s\S]*sha256-/),
    });
    expect(await rotate("plugin", "add", "./shelf.py", "--yes")).toMatchObject({ code: 0 });
    expect(read("rotate.yaml")).toBe(published);
    expect(await rotate("plugin", "approve", "--check")).toMatchObject({ code: 0 });

    expect(await rotate("run")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app-token {2}rotated/m) });
    const first = document.values["ACME_TOKEN"];
    expect(first).toBeDefined();
    expect(await rotate("run")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app-token is fresh/) });

    const sound = read("acme.py");
    write("acme.py", sound.replace("acme refused", "Acme refused"));
    const changed = await rotate("run", "--force");
    expect(changed).toMatchObject({ code: 2, stdout: "" });
    expect(changed.stderr).toContain(`plugin ./acme.py is not what was approved: ${path("acme.py")} changed`);
    expect(changed.stderr).toContain("rotate plugin approve ./acme.py");
    expect(live.size).toBe(1);
    expect(await rotate("plugin", "list")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("./acme.py  changed"),
    });
    expect(await rotate("plugin", "approve", "--check")).toMatchObject({ code: 2 });

    write("acme.py", sound);
    expect(await rotate("run", "--force")).toMatchObject({ code: 0 });
    expect(document.values["ACME_TOKEN"]).not.toBe(first);
    expect(await rotate("revoke", "app-token", "--yes")).toMatchObject({ code: 0 });
    expect(revoked).toContain("t2");
  },
);

test("a spec whose plugin was not approved is refused for that alone, and so is a package", async () => {
  const { rotate, write } = await openScene(published);
  const { code, stderr } = await rotate("run");
  expect(code).toBe(2);
  expect(stderr).toContain("plugin ./acme.py has not been approved");
  expect(stderr).toContain("rotate plugin approve ./acme.py");
  expect(stderr).not.toContain("not known");
  write("rotate.yaml", published.replace("./acme.py", "rotate-plugin-acme"), 0o644);
  expect(await rotate("validate")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("plugin rotate-plugin-acme has not been approved"),
  });
  expect(await rotate("plugin", "approve")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("npm install rotate-plugin-acme"),
  });
});

test.skipIf(!has("python3"))("what a program refuses is told like what a built-in refuses", async () => {
  const { services, rotate } = await openScene(withoutPlugins);
  for (const name of ["./acme.py", "./shelf.py"]) await rotate("plugin", "add", name, "--yes");
  services.refuse = 403;
  const { code, stdout } = await rotate("run", "--json");
  expect(code).toBe(1);
  expect(stdout).toContain("acme refused (HTTP 403)");
  expect(stdout).toMatch(/ROTATE_\w+_DENIED/);
});

test.skipIf(!has("jq") || !has("curl") || !has("bash"))("a provider in Bash, started for each call", async () => {
  const spec = published
    .replace(/^plugins:\n(  - .*\n)+/m, "")
    .replace("type: acme,", "type: acme-sh,")
    .replace(/- \{ type: shelf.*/, '- { type: dotenv, path: .env, values: { ACME_TOKEN: "{{ token }}" } }');
  const { services, rotate, read } = await openScene(spec);
  expect(await rotate("plugin", "add", "./acme.sh", "--yes")).toMatchObject({ code: 0 });
  expect(await rotate("run")).toMatchObject({ code: 0 });
  expect(read(".env")).toMatch(/^ACME_TOKEN=.{16,}$/m);
  expect(await rotate("revoke", "app-token", "--yes")).toMatchObject({ code: 0 });
  expect(services.revoked).toEqual(["t1"]);
});
