import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { sinkValues } from "@rotate/testkit";
import { expect, test } from "vitest";
import { files } from "../src/files.ts";
import { contextFor, faultOf, freshDirectory, read, undo, write } from "./support.ts";

const pair = (generation: number) => ({ "tls.crt": `certificate ${generation}`, "tls.key": `key ${generation}` });

/** A set in a directory of its own; `shown` is what a reader sees through the link. */
function set(options: Readonly<Record<string, unknown>> = {}) {
  const directory = freshDirectory();
  const path = `${directory}/tls`;
  return {
    directory,
    path,
    options: { path, ...options },
    shown: () => Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(`${path}/${name}`, "utf8")])),
    write: (generation: number) => write(files, { path, ...options }, pair(generation)),
    generations: () => readdirSync(directory).filter((name) => name.startsWith(".tls.rotate-")),
  };
}

test("a first set appears behind one link, private to its owner", async () => {
  const tls = set();
  await tls.write(1);
  expect(tls.shown()).toEqual(pair(1));
  expect(readlinkSync(tls.path)).toMatch(/^\.tls\.rotate-[0-9a-f]{24}$/);
  expect(statSync(tls.path).mode & 0o777).toBe(0o700);
  expect(statSync(`${tls.path}/tls.key`).mode & 0o777).toBe(0o600);
});

test("permissions of the files open the directory to those who may read them", async () => {
  const tls = set({ mode: "0640" });
  await tls.write(1);
  expect(statSync(tls.path).mode & 0o777).toBe(0o750);
  expect(statSync(`${tls.path}/tls.key`).mode & 0o777).toBe(0o640);
});

test("nothing is seen before the commit, then all of it", async () => {
  const tls = set();
  await tls.write(1);
  const ctx = contextFor(files, tls.options);
  const prepared = await files.prepare(sinkValues(pair(2)), ctx);
  expect(tls.shown()).toEqual(pair(1));
  await prepared.commit(ctx);
  expect(tls.shown()).toEqual(pair(2));
});

test("a reader that holds the directory open reads one generation to the end", async () => {
  const tls = set();
  await tls.write(1);
  const held = realpathSync(tls.path);
  await tls.write(2);
  expect(readFileSync(`${held}/tls.key`, "utf8")).toBe("key 1");
});

test("old generations go away one generation later", async () => {
  const tls = set();
  for (const generation of [1, 2, 3, 4, 5]) {
    await tls.write(generation);
    expect(tls.generations().length).toBeLessThanOrEqual(2);
  }
  expect(tls.shown()).toEqual(pair(5));
});

test("undo flips back, and removes a first set", async () => {
  const tls = set();
  const first = await tls.write(1);
  const second = await tls.write(2);
  await undo(second);
  expect(tls.shown()).toEqual(pair(1));
  await undo(first);
  expect(readdirSync(tls.directory)).toEqual([]);
});

test("undo before the commit only removes what was staged", async () => {
  const tls = set();
  await tls.write(1);
  await undo(await files.prepare(sinkValues(pair(2)), contextFor(files, tls.options)));
  expect(tls.shown()).toEqual(pair(1));
  expect(tls.generations()).toHaveLength(1);
});

test("files that others put into the set are carried over", async () => {
  const tls = set();
  await tls.write(1);
  writeFileSync(`${tls.path}/dhparam.pem`, "theirs", { mode: 0o644 });
  const second = await tls.write(2);
  expect(tls.shown()).toEqual({ ...pair(2), "dhparam.pem": "theirs" });
  expect(statSync(`${tls.path}/dhparam.pem`).mode & 0o777).toBe(0o644);
  await undo(second);
  expect(tls.shown()).toEqual({ ...pair(1), "dhparam.pem": "theirs" });
});

test("a human's edit between prepare and commit is merged", async () => {
  const tls = set();
  await tls.write(1);
  const ctx = contextFor(files, tls.options);
  const prepared = await files.prepare(sinkValues(pair(2)), ctx);
  writeFileSync(`${tls.path}/dhparam.pem`, "theirs");
  await prepared.commit(ctx);
  expect(tls.shown()).toEqual({ ...pair(2), "dhparam.pem": "theirs" });
  expect(tls.generations()).toHaveLength(2);
});

test("two rotations may share a set, and undoing one leaves the other", async () => {
  const tls = set();
  const [one, two] = [contextFor(files, tls.options), contextFor(files, tls.options)];
  const first = await files.prepare(sinkValues({ one: "1" }), one);
  const second = await files.prepare(sinkValues({ two: "2" }), two);
  await Promise.all([first.commit(one), second.commit(two)]);
  expect(tls.shown()).toEqual({ one: "1", two: "2" });
  await undo(first);
  expect(tls.shown()).toEqual({ two: "2" });
});

test("undo is a conflict when a human changed one of our files since", async () => {
  const tls = set();
  await tls.write(1);
  const second = await tls.write(2);
  writeFileSync(`${tls.path}/tls.key`, "theirs");
  expect(await faultOf(undo(second))).toMatchObject({
    code: "CONFLICT",
    message: `${tls.path}/tls.key was changed by somebody else after it was written`,
  });
  expect(tls.shown()).toEqual({ ...pair(2), "tls.key": "theirs" });
});

test("the same content is no change", async () => {
  const tls = set();
  await tls.write(1);
  const before = readlinkSync(tls.path);
  expect(await tls.write(1)).toMatchObject({ changed: false });
  expect(readlinkSync(tls.path)).toBe(before);
});

test("the validate command sees the whole set before it is shown", async () => {
  const tls = set({ validate: { command: ["grep", "-q", "key 1", "{staged}/tls.key"] } });
  await tls.write(1);
  expect(await faultOf(tls.write(2))).toMatchObject({ code: "FAILED" });
  expect(tls.shown()).toEqual(pair(1));
  expect(tls.generations()).toHaveLength(1);
});

test("what rotate did not make is never replaced", async () => {
  const tls = set();
  const fault = async () => {
    const checked = await faultOf(Promise.resolve(files.check?.(contextFor(files, tls.options))));
    expect(await faultOf(tls.write(1))).toMatchObject({ code: checked.code, message: checked.message });
    return checked;
  };
  mkdirSync(tls.path);
  writeFileSync(`${tls.path}/theirs`, "");
  expect(await fault()).toMatchObject({ code: "INVALID", message: `${tls.path} exists and is not a link` });
  rmSync(tls.path, { recursive: true });
  symlinkSync("/etc", tls.path);
  expect(await fault()).toMatchObject({
    code: "INVALID",
    message: `${tls.path} is a link to /etc, which rotate did not make`,
  });
  expect(lstatSync(tls.path).isSymbolicLink()).toBe(true);
});

test("a directory inside the set is refused by name", async () => {
  const tls = set();
  await tls.write(1);
  mkdirSync(`${tls.path}/private`);
  expect(await faultOf(tls.write(2))).toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(/private is a directory$/),
  });
  expect(readFileSync(`${tls.path}/tls.key`, "utf8")).toBe("key 1");
});

test("a link whose directory was removed is written anew", async () => {
  const tls = set();
  await tls.write(1);
  rmSync(realpathSync(tls.path), { recursive: true });
  expect(await read(files, tls.options, "tls.key")).toEqual({});
  await tls.write(2);
  expect(tls.shown()).toEqual(pair(2));
});
