import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { approveFor, inspectPlugin, loadProgram, proposePlugin } from "../../src/plugins/plugins.ts";
import { approved, contextOf, folderOf, pluginWith, programOf, replace, runtimeWith, sound } from "./support.ts";

const program = programOf(`send({ id: call.id, ok: { ...minted, handle: { pid: process.pid } } })`);

test("nothing is started by loading or looking: what a program is stands in the lock", async () => {
  const folder = folderOf(program);
  await approved(folder, runtimeWith());
  const dead = program.replace(
    "const write",
    `require("node:fs").writeFileSync(__dirname + "/started", "");\nconst write`,
  );
  replace(folder, dead);
  expect(await inspectPlugin("./p", folder)).toMatchObject({ state: "changed", types: ["provider acme"] });
  await expect(loadProgram("./p", folder)).rejects.toMatchObject({ code: "INVALID" });
  expect(() => readFileSync(join(folder, "started"))).toThrow("ENOENT");
});

test("a byte that is changed between the load and the start is refused by name, and nothing was minted", async () => {
  const folder = folderOf(program);
  const runtime = runtimeWith();
  const { providers } = await approved(folder, runtime);
  replace(folder, `${program}\n`);
  await expect(providers[0]!.mint({}, contextOf(runtime))).rejects.toMatchObject({
    code: "INVALID",
    noEffect: true,
    message: `plugin ./p is not what was approved: ${join(folder, "p")} changed`,
    hint: "look at it, then: rotate plugin approve ./p",
  });
  replace(folder, program);
  expect((await providers[0]!.mint({}, contextOf(runtime))).handle).toBeDefined();
});

test("a program that describes itself otherwise than it was approved with is refused", async () => {
  const folder = folderOf(program);
  const runtime = runtimeWith();
  await approved(folder, runtime);
  const lock = join(folder, "rotate.lock");
  writeFileSync(lock, readFileSync(lock, "utf8").replace("a token", "a coin"));
  const { plugin } = await loadProgram("./p", folder);
  await expect(plugin.providers[0]!.mint({}, contextOf(runtime))).rejects.toMatchObject({
    code: "INVALID",
    noEffect: true,
    message: expect.stringMatching(/describes itself otherwise/),
  });
});

test.each<readonly [string, (folder: string) => void, RegExp]>([
  ["others can write it", (folder) => chmodSync(join(folder, "p"), 0o775), /others can write .*p,/],
  ["others can write its folder", (folder) => chmodSync(folder, 0o777), /others can write /],
  ["it is setuid", (folder) => chmodSync(join(folder, "p"), 0o4755), /setuid/],
  ["it cannot be executed", (folder) => chmodSync(join(folder, "p"), 0o644), /not executable/],
  [
    "the lock can be written by others",
    (folder) => chmodSync(join(folder, "rotate.lock"), 0o666),
    /rotate\.lock, and so/,
  ],
  [
    "the lock is edited into nonsense",
    (folder) => writeFileSync(join(folder, "rotate.lock"), "{"),
    /rotate\.lock is not what/,
  ],
  [
    "the lock has another version",
    (folder) => writeFileSync(join(folder, "rotate.lock"), '{"lockVersion":2,"plugins":{}}'),
    /no version/,
  ],
  ["the lock was made for another platform", otherPlatform, /approved for plan9-mips only/],
])("a program is refused when %s", async (_, spoil, message) => {
  const folder = folderOf(program);
  await approved(folder, runtimeWith());
  spoil(folder);
  await expect(loadProgram("./p", folder)).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(message),
  });
});

function otherPlatform(folder: string): void {
  const lock = join(folder, "rotate.lock");
  writeFileSync(lock, readFileSync(lock, "utf8").replace('"any"', '"plan9-mips"'));
}

test("what cannot be started is said of the program by its name", async () => {
  const folder = folderOf("#!/nonexistent/interpreter\n");
  await expect(proposePlugin("./p", folder, contextOf(runtimeWith()))).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "plugin ./p: it could not be started (ENOENT)",
  });
});

test("a link is followed: what it leads to is what counts", async () => {
  const folder = folderOf(program);
  mkdirSync(join(folder, "bin"));
  copyFileSync(join(folder, "p"), join(folder, "bin/real"));
  symlinkSync("bin/real", join(folder, "link"));
  const runtime = runtimeWith();
  const proposal = await proposePlugin("./link", folder, contextOf(runtime));
  await proposal.approve();
  expect((await loadProgram("./link", folder)).plugin.providers).toHaveLength(1);
  chmodSync(join(folder, "bin"), 0o777);
  await expect(loadProgram("./link", folder)).rejects.toMatchObject({ message: expect.stringContaining("bin") });
});

test("a package that is not there is told with what to do", async () => {
  await expect(proposePlugin("rotate-plugin-acme", "/", contextOf(runtimeWith()))).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "plugin rotate-plugin-acme: there is no such package",
    hint: expect.stringMatching(/npm install rotate-plugin-acme/),
  });
});

test.each<readonly [string, unknown, RegExp]>([
  ["another protocol", { ...sound, protocol: 2 }, /speaks no protocol/],
  ["nothing", { protocol: 1 }, /no part/],
  ["a key of its own", { ...sound, extra: 1 }, /extra/],
  ["a verb of its own", withPart({ verbs: ["mint", "dance"] }), /dance/],
  ["no mint", withPart({ verbs: ["check"] }), /needs the verb mint/],
  ["no fields", withPart({ fields: {} }), /`fields`/],
  ["no list of providers", { protocol: 1, providers: {} }, /no list|not what it must be/],
  [
    "a target with a secret",
    {
      protocol: 1,
      sinks: [
        {
          type: "s",
          target: "{k}",
          verbs: ["prepare", "commit"],
          options: { type: "object", properties: { k: { type: "string", secret: true } } },
        },
      ],
    },
    /secret option/,
  ],
  [
    "an undo and no commit",
    { protocol: 1, sinks: [{ type: "s", target: "t", verbs: ["prepare", "undo"], options: { type: "object" } }] },
    /commit/,
  ],
])("a program that describes %s is not approved", async (_, description, message) => {
  const folder = folderOf(programOf("", description as object));
  await expect(proposePlugin("./p", folder, contextOf(runtimeWith()))).rejects.toMatchObject({
    code: "BAD_ANSWER",
    message: expect.stringMatching(message),
  });
});

function withPart(part: object): object {
  return { protocol: 1, providers: [{ ...sound.providers[0], ...part }] };
}

test("one child serves all calls of a command, and one for each call where it says so", async () => {
  const runtime = runtimeWith();
  const { providers } = await pluginWith(program, runtime);
  const [first, second] = [
    await providers[0]!.mint({}, contextOf(runtime)),
    await providers[0]!.mint({}, contextOf(runtime)),
  ];
  expect(first.handle).toEqual(second.handle);
  const once = await pluginWith(
    programOf(`send({ id: call.id, ok: { ...minted, handle: { pid: process.pid } } })`, { ...sound, oneShot: true }),
    runtime,
  );
  const [third, fourth] = [
    await once.providers[0]!.mint({}, contextOf(runtime)),
    await once.providers[0]!.mint({}, contextOf(runtime)),
  ];
  expect(third.handle).not.toEqual(fourth.handle);
});

test("a binary is approved for another platform by its file, which is not started", async () => {
  const folder = folderOf(program);
  await approved(folder, runtimeWith());
  copyFileSync("/bin/true", join(folder, "other"));
  chmodSync(join(folder, "other"), 0o755);
  const other = { platform: "linux-arm64", file: "./other" };
  await expect(approveFor("./p", folder, other)).rejects.toMatchObject({ message: expect.stringMatching(/no binary/) });
  const lock = join(folder, "rotate.lock");
  writeFileSync(lock, readFileSync(lock, "utf8").replace('"any"', '"plan9-mips"'));
  await approveFor("./p", folder, other);
  expect(readFileSync(lock, "utf8")).toMatch(/"plan9-mips": "sha256-[^"]+",\s+"linux-arm64": "sha256-/);
});
