import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { createTestContext, errorOf, revealValues, sinkValues } from "@rotate/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { editCommands, readCommands, revertCommands } from "../src/actions/command-file.ts";
import { maskCommands } from "../src/actions/masks.ts";
import { runnerReads, sink, type Step, stepOfTest } from "./support.ts";

function contextOf({ env, announce }: Partial<Step>, options: object = {}) {
  return createTestContext({
    schema: sink.options,
    options,
    ...(env && { env }),
    ...(announce && { announce }),
  });
}

async function write(made: Step, texts: Readonly<Record<string, string>>, options: object = {}) {
  const prepared = await sink.prepare(sinkValues(texts), contextOf(made, options));
  if (prepared.changed) await prepared.commit(contextOf(made, options));
  return prepared;
}

test("later steps get the variable, whatever is in it", async () => {
  const made = await stepOfTest("EARLIER=1\n");
  const pem = "-----BEGIN KEY-----\nabc=\n<<EOF\nEOF\n-----END KEY-----";
  await write(made, { TOKEN: "a=b<<c", PEM: pem });
  expect(runnerReads(await readFile(made.file, "utf8"))).toEqual({ EARLIER: "1", TOKEN: "a=b<<c", PEM: pem });
});

test("outputs of the step go to the file of outputs", async () => {
  const made = await stepOfTest();
  await write(made, { "db-password": "s3cret-s3cret" }, { to: "output" });
  const text = await readFile(made.env["GITHUB_OUTPUT"] ?? "", "utf8");
  expect(runnerReads(text)).toEqual({ "db-password": "s3cret-s3cret" });
  expect(await readFile(made.file, "utf8")).toBe("");
});

test("the runner is told to mask a value and its encoded forms before the value is written", async () => {
  const made = await stepOfTest();
  const value = 'p%"/r+???>>>';
  const before: string[] = [];
  const announce = (line: string): void => {
    made.heard.push(line);
    before.push(String(process.getBuiltinModule("node:fs").readFileSync(made.file)));
  };
  const prepared = await sink.prepare(sinkValues({ TOKEN: value }), contextOf({ ...made, announce }));
  expect(made.heard).toEqual([]);
  await prepared.commit(contextOf({ ...made, announce }));
  expect(made.heard).toEqual([
    '::add-mask::p%25"/r+???>>>',
    `::add-mask::${Buffer.from(value).toString("base64").replaceAll("=", "")}`,
    `::add-mask::${Buffer.from(value).toString("base64url")}`,
    `::add-mask::${encodeURIComponent(value).replaceAll("%", "%25")}`,
    '::add-mask::p%25\\"/r+???>>>',
  ]);
  expect(before.every((text) => text === "")).toBe(true);
  expect(runnerReads(await readFile(made.file, "utf8"))).toEqual({ TOKEN: value });
});

test("the password in a connection string is masked by itself, too", () => {
  const commands = maskCommands("postgres://app:s3cret%2Fword@db/x");
  expect(commands).toContain("::add-mask::s3cret/word");
  expect(commands).toContain("::add-mask::s3cret%252Fword");
});

test("no mask holds a line feed, and none is empty", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const command of maskCommands(text)) expect(command).toMatch(/^::add-mask::[^\r\n]+$/);
    }),
  );
});

test("outside of a job, or where the runner does not listen, nothing is written", async () => {
  const made = await stepOfTest();
  const { GITHUB_ENV: _file, ...without } = made.env;
  const contexts = [
    [contextOf({ ...made, env: {} }), /run it in one/],
    [contextOf({ ...made, env: { ...made.env, GITHUB_ACTIONS: "false" } }), /run it in one/],
    [contextOf({ ...made, env: without }), /GITHUB_ENV/],
    [contextOf({ env: made.env }), /redirect standard error/],
  ] as const;
  for (const [ctx, hint] of contexts) {
    for (const call of [async () => sink.check?.(ctx), async () => sink.prepare(sinkValues({ A: "text" }), ctx)]) {
      expect(await errorOf(call())).toMatchObject({
        code: "INVALID",
        retryable: false,
        hint: expect.stringMatching(hint),
      });
    }
  }
  expect(await readFile(made.file, "utf8")).toBe("");
});

test("a file that the runner would refuse is found before anything is minted", async () => {
  for (const broken of ["no assignment\n", "KEY<<END\nvalue\n", "KEY<<\nvalue\n"]) {
    const made = await stepOfTest(broken);
    expect(await errorOf(Promise.resolve(sink.check?.(contextOf(made))))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("line 1"),
    });
  }
});

test("several names are looked at together before the mint, though nothing is known of their values", async () => {
  const made = await stepOfTest();
  await sink.check?.({ ...contextOf(made), keys: ["A", "B", "C"] });
  expect(await readFile(made.file, "utf8")).toBe("");
});

test("a second rotation in the same step replaces the value in its place", async () => {
  const made = await stepOfTest();
  await write(made, { TOKEN: "first-first" });
  await appendFile(made.file, "OTHER=x\n");
  await write(made, { TOKEN: "second-second" });
  const text = await readFile(made.file, "utf8");
  expect(runnerReads(text)).toEqual({ TOKEN: "second-second", OTHER: "x" });
  expect(text).not.toContain("first");
  expect((await stat(made.file)).size).toBe(text.length);
});

test("the same value again is no change, and what stands there can be read", async () => {
  const made = await stepOfTest("TOKEN=same-same\nTOKEN<<E\nlast-last\nE\n");
  const ctx = contextOf(made);
  expect((await sink.prepare(sinkValues({ TOKEN: "last-last" }), ctx)).changed).toBe(false);
  expect(revealValues((await sink.read?.(["TOKEN", "NONE"], ctx)) ?? {})).toEqual({ TOKEN: "last-last" });
});

test("an undo takes our variable back out, and leaves what others wrote meanwhile", async () => {
  const made = await stepOfTest("A=1");
  const prepared = await write(made, { TOKEN: "text-text" });
  await appendFile(made.file, "B=2\n");
  await prepared.undo?.(contextOf(made));
  expect(await readFile(made.file, "utf8")).toBe("A=1\nB=2\n");
  const again = await write(made, { TOKEN: "text-text" });
  await appendFile(made.file, "TOKEN=theirs\n");
  expect(await errorOf(again.undo?.(contextOf(made)) ?? Promise.resolve())).toMatchObject({ code: "CONFLICT" });
});

const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/);
const value = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));

test("whatever is set, the runner reads exactly that and all that stood there before; and it comes out again", () => {
  const other = fc.dictionary(
    key.map((name) => `o-${name}`),
    value,
    { maxKeys: 4 },
  );
  fc.assert(
    fc.property(
      other,
      fc.dictionary(
        key.map((name) => `k-${name}`),
        value,
        { minKeys: 1, maxKeys: 3 },
      ),
      (others, ours) => {
        const before = editCommands(undefined, others, "earlier-delimiter");
        const written = editCommands(before, ours, "rotate-delimiter");
        expect({ ...runnerReads(written.toString()) }).toEqual({ ...others, ...ours });
        expect(readCommands(written, Object.keys(ours))).toEqual({ ...ours });
        expect(editCommands(written, ours, "another").equals(written)).toBe(true);
        const after = editCommands(written, { later: "x" }, "later-delimiter");
        const back = revertCommands(after, { before, written }, Object.keys(ours));
        expect(runnerReads(back.toString())).toEqual({ ...others, later: "x" });
      },
    ),
  );
});

test("bytes that are no UTF-8 stay as they are", async () => {
  const made = await stepOfTest();
  const odd = Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0a]);
  await writeFile(made.file, odd);
  await write(made, { TOKEN: "tökén-tökén" });
  const bytes = await readFile(made.file);
  expect(bytes.subarray(0, odd.length).equals(odd)).toBe(true);
  expect(bytes.toString()).toContain("tökén-tökén");
});
