import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodings } from "@rotate/runtime";
import { expectNoLeak, findLeaks, mintCanary } from "@rotate/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rotate-canary-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const canary = mintCanary("token");
const { text } = canary;

test("every canary is another one; a plain one holds nothing that needs quoting", () => {
  expect(mintCanary("a").text).not.toBe(mintCanary("a").text);
  expect(text).toMatch(/[+/="' &%$\\é]/);
  expect(mintCanary("a", { plain: true }).text).toMatch(/^[\w-]{32}$/);
});

test.each(encodings(text).map((form, at) => [at, form] as const))(
  "finds a canary in encoding %i",
  async (_at, form) => {
    expect(await findLeaks([canary], { stdout: `before ${form} after` })).toHaveLength(1);
  },
);

test.each([
  ["reversed", Array.from(text).toReversed().join("")],
  ["in part", text.slice(2, 12)],
  ["in part", text.slice(-10)],
  ["split over lines", Buffer.from(text).toString("base64").replace(/.{20}/g, "$&\n  ")],
])("finds a canary %s", async (how, form) => {
  expect(await findLeaks([canary], { stdout: `before ${form} after` })).toEqual([
    { canary: "token", where: "stdout", how },
  ]);
});

test("finds a canary in files, in UTF-16, in file names and link targets, and nowhere else", async () => {
  const plain = mintCanary("plain", { plain: true });
  await mkdir(join(directory, "a", plain.text), { recursive: true });
  await writeFile(join(directory, "a", "wide"), Buffer.from(plain.text, "utf16le"));
  await writeFile(join(directory, "clean"), "nothing here");
  await symlink(plain.text, join(directory, "link"));
  const leaks = await findLeaks([plain], { tree: { directory }, one: { file: join(directory, "a", "wide") } });
  expect(new Set(leaks.map(({ where, how }) => `${where}: ${how}`))).toEqual(
    new Set([
      `the name ${join(directory, "a", plain.text)}: as it is`,
      `tree ${join(directory, "a", "wide")}: in UTF-16`,
      `tree ${join(directory, "link")}: as it is`,
      "one: in UTF-16",
    ]),
  );
});

test("leaves out the places where the secret belongs", async () => {
  await mkdir(join(directory, "out"));
  await writeFile(join(directory, ".env"), text);
  await writeFile(join(directory, "out", "db.json"), text);
  const except = [join(directory, ".env"), join(directory, "out")];
  await expectNoLeak([canary], { tree: { directory, except } });
  await expect(expectNoLeak([canary], { tree: { directory, except: except.slice(1) } })).rejects.toThrow(".env");
});

test("says what leaked, where and how, without the secret", async () => {
  const message = await expectNoLeak([canary, "another-secret"], {
    stderr: `${encodeURIComponent(text)} another-secret`,
  }).catch(String);
  expect(message).toBe("Error: secrets leaked:\n- token in stderr, encoded\n- a secret in stderr, as it is");
});

test("a text that shares a few characters with a secret is no leak", async () => {
  expect(await findLeaks([canary, "another-secret"], { stdout: `${text.slice(0, 8)} another secret` })).toEqual([]);
});
