import { chmod, chown, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, loadSpec } from "@rotate/core";
import { distrust } from "@rotate/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let home: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "rotate-others-")));
  await writeFile(join(home, "rotate.yaml"), spec);
  await writeFile(join(home, "tenants.json"), '[{ "id": "a" }]');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const spec = `version: 1
name: demo
providers:
  it: { type: jwt, issuer: i, key: { path: signing.key } }
rotations:
  app:
    provider: it
    foreach: { file: tenants.json, key: id }
    sinks:
      - { type: file, path: "{{ each.id }}", values: { content: "{{ token }}" } }
`;

async function told(): Promise<readonly string[]> {
  const { diagnostics } = await loadSpec({ file: join(home, "rotate.yaml"), catalog: createCatalog(builtins), home });
  return diagnostics.map(({ message, hint }) => `${message} (${hint})`);
}

const isRoot = process.geteuid?.() === 0;

describe.runIf(isRoot)("as root", () => {
  test("a spec that everybody can write is refused, with the remedy", async () => {
    expect(await told()).toEqual([]);
    await chmod(join(home, "rotate.yaml"), 0o666);
    expect(await told()).toEqual([
      `rotate runs as root, and others can write ${home}/rotate.yaml (mode 0666) (\`chmod go-w ${home}/rotate.yaml\`, once you have looked at what is in it)`,
    ]);
  });

  test("a list of somebody else is refused", async () => {
    await chown(join(home, "tenants.json"), 1234, 1234);
    const [line] = await told();
    expect(line).toContain(`${home}/tenants.json belongs to uid 1234`);
    expect(line).toContain(`chown root ${home}/tenants.json`);
  });
});

const file = { uid: 0, gid: 0, mode: 0o100644 };

test("root's own group may write, another group and everybody may not", () => {
  expect(distrust("/f", { ...file, mode: 0o100664 }, 0)).toBeUndefined();
  expect(distrust("/f", { ...file, gid: 50, mode: 0o100664 }, 0)?.message).toContain("others can write /f (mode 0664)");
  expect(distrust("/f", { ...file, mode: 0o100646 }, 0)?.message).toContain("others can write /f (mode 0646)");
});

test("a user who is not root reads what a group shares with it", () => {
  expect(distrust("/f", { uid: 5, gid: 50, mode: 0o100664 }, 1000)).toBeUndefined();
});
