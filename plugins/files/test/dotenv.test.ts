import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dotenv } from "../src/dotenv.ts";
import { contextFor, faultOf, freshDirectory, read, undo, write } from "./support.ts";

/** An env file in a directory of its own, and what became of it. */
function envFile(text?: string | Buffer, options: Readonly<Record<string, unknown>> = {}) {
  const path = `${freshDirectory()}/.env`;
  if (text !== undefined) writeFileSync(path, text);
  return { options: { path, ...options }, path, text: () => readFileSync(path, "latin1") };
}

interface Edit {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const edits: readonly Edit[] = [
  { name: "a missing key is appended", before: "A=1\n", after: "A=1\nTOKEN=new\n" },
  { name: "a missing key is appended to a file without a last line feed", before: "A=1", after: "A=1\nTOKEN=new\n" },
  { name: "CR LF is kept and used", before: "A=1\r\nTOKEN=old\r\nB=2\r\n", after: "A=1\r\nTOKEN=new\r\nB=2\r\n" },
  { name: "CR LF is used for a new line", before: "A=1\r\n", after: "A=1\r\nTOKEN=new\r\n" },
  { name: "a missing last line feed is not added", before: "A=1\nTOKEN=old", after: "A=1\nTOKEN=new" },
  { name: "export and blanks are kept", before: "  export TOKEN = old\n", after: "  export TOKEN = new\n" },
  { name: "a comment on the line is kept", before: "TOKEN=old # rotated\n", after: "TOKEN=new # rotated\n" },
  { name: "a comment behind an empty value is kept", before: "TOKEN= # to come\n", after: "TOKEN=new # to come\n" },
  { name: "an empty value is filled", before: "TOKEN=\nB=2\n", after: "TOKEN=new\nB=2\n" },
  { name: "a quoted value is replaced whole", before: "TOKEN='o # d' # c\n", after: "TOKEN=new # c\n" },
  { name: "what sticks to a quote goes with it", before: "TOKEN='o'ld\"er\"\nB=2\n", after: "TOKEN=new\nB=2\n" },
  { name: "a value of several lines is replaced whole", before: 'TOKEN="o\nl\nd"\nB=2\n', after: "TOKEN=new\nB=2\n" },
  {
    name: "a comment is no assignment",
    before: "# TOKEN=old\n#TOKEN=old\n",
    after: "# TOKEN=old\n#TOKEN=old\nTOKEN=new\n",
  },
  {
    name: "a longer name is another key",
    before: "MY_TOKEN=1\nTOKEN_2=2\n",
    after: "MY_TOKEN=1\nTOKEN_2=2\nTOKEN=new\n",
  },
  {
    name: "a line inside another key's quotes is no assignment",
    before: "PEM='-----\nTOKEN=old\n-----'\n",
    after: "PEM='-----\nTOKEN=old\n-----'\nTOKEN=new\n",
  },
  {
    name: "a byte order mark is no part of a key",
    before: "\u00ef\u00bb\u00bfTOKEN=old\n",
    after: "\u00ef\u00bb\u00bfTOKEN=new\n",
  },
  {
    name: "bytes that are not UTF-8 stay",
    before: "A=\u00ff\u00fe\nTOKEN=old\n",
    after: "A=\u00ff\u00fe\nTOKEN=new\n",
  },
];

test.each(edits)("$name", async ({ before, after }) => {
  const env = envFile(Buffer.from(before, "latin1"));
  const prepared = await write(dotenv, env.options, { TOKEN: "new" });
  expect(env.text()).toBe(after);
  expect(await read(dotenv, env.options, "TOKEN")).toEqual({ TOKEN: "new" });
  await undo(prepared);
  expect(env.text()).toBe(before);
});

test("several keys are set where they stand, in the order of the file", async () => {
  const env = envFile("B=1\nKEEP=me\nA=2\n");
  await write(dotenv, env.options, { A: "two", B: "one", C: "three" });
  expect(env.text()).toBe("B=one\nKEEP=me\nA=two\nC=three\n");
});

test("a key that stands twice is refused with both lines, and nothing is written", async () => {
  const env = envFile("TOKEN=a\nB='x\ny'\nexport TOKEN=b\n");
  const message = "TOKEN stands twice in the file, on lines 1 and 4";
  expect(await faultOf(write(dotenv, env.options, { TOKEN: "new" }))).toMatchObject({ code: "INVALID", message });
  expect(await faultOf(read(dotenv, env.options, "TOKEN"))).toMatchObject({ code: "INVALID", message });
  expect(env.text()).toBe("TOKEN=a\nB='x\ny'\nexport TOKEN=b\n");
});

test("a key of somebody else's that stands twice is left alone", async () => {
  const env = envFile("A=1\nA=2\n");
  await write(dotenv, env.options, { TOKEN: "new" });
  expect(env.text()).toBe("A=1\nA=2\nTOKEN=new\n");
});

test.each([
  ["an apostrophe that a shell takes for a quote", "NAME=O'Brien\nTOKEN=old\nB=O'Neil\n"],
  ["an escaped quote that only some readers know", 'A="x\\"\nTOKEN=old\nB="y"\n'],
])("readers that would not agree where a key stands are a refusal: %s", async (_, text) => {
  const env = envFile(text);
  expect(await faultOf(write(dotenv, env.options, { TOKEN: "new" }))).toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("readers would not agree where TOKEN stands"),
  });
  expect(env.text()).toBe(text);
});

test("an apostrophe that no shell could read is no obstacle", async () => {
  const env = envFile("NAME=O'Brien\nTOKEN=old\n");
  await write(dotenv, env.options, { TOKEN: "new" });
  expect(env.text()).toBe("NAME=O'Brien\nTOKEN=new\n");
});

describe("a value", () => {
  test.each(["eyJhbGciOi.J9-_x", "AKIA+/=", "postgres://u%40x:p@h:5432/db,b"])(
    "that fits is written bare: %s",
    async (value) => {
      const env = envFile();
      await write(dotenv, env.options, { TOKEN: value });
      expect(env.text()).toBe(`TOKEN=${value}\n`);
    },
  );

  test("with blanks or signs is written in single quotes, with a warning for docker", async () => {
    const env = envFile();
    const ctx = contextFor(dotenv, env.options);
    const prepared = await dotenv.prepare({ TOKEN: ctx.secret('a "b" #c; ~`!') }, ctx);
    await prepared.commit(ctx);
    expect(env.text()).toBe(`TOKEN='a "b" #c; ~\`!'\n`);
    expect(ctx.logs).toMatchObject([{ level: "warn", fields: { keys: ["TOKEN"] } }]);
  });

  test.each(["it's", "a$b", "a\\b", "$(reboot)"])(
    "that readers disagree on is refused, with ways out: %s",
    async (value) => {
      const env = envFile("TOKEN=old\n");
      const fault = await faultOf(write(dotenv, env.options, { TOKEN: value }));
      expect(fault).toMatchObject({ code: "INVALID", hint: expect.stringContaining("base64_encode") });
      expect(fault.message).not.toContain(value);
      expect(env.text()).toBe("TOKEN=old\n");
    },
  );

  test.each(["a\nEVIL=1", "a\rb", "a\0b", "a\u001bb"])(
    "with a control character is refused in both dialects: %j",
    async (value) => {
      for (const dialect of ["shell", "docker"]) {
        const env = envFile("TOKEN=old\n", { dialect });
        expect(await faultOf(write(dotenv, env.options, { TOKEN: value }))).toMatchObject({ code: "INVALID" });
        expect(env.text()).toBe("TOKEN=old\n");
      }
    },
  );
});

test("dialect docker never quotes, and takes quotes in the file for what they are", async () => {
  const env = envFile(`A="x\nTOKEN='old'\nB=y"\n`, { dialect: "docker" });
  expect(await read(dotenv, env.options, "TOKEN")).toEqual({ TOKEN: "'old'" });
  await write(dotenv, env.options, { TOKEN: "it's $5 \\ #1" });
  expect(env.text()).toBe(`A="x\nTOKEN=it's $5 \\ #1\nB=y"\n`);
});

test("a file that is not text is refused before anything is minted", async () => {
  const env = envFile(Buffer.from("T\0O\0K\0"));
  expect(await faultOf(Promise.resolve(dotenv.check?.(contextFor(dotenv, env.options))))).toMatchObject({
    code: "INVALID",
  });
});

test("undo takes back only our keys when a human changed the others since", async () => {
  const env = envFile("A=1\nTOKEN='old one' # c\n");
  const prepared = await write(dotenv, env.options, { TOKEN: "new", MORE: "x" });
  writeFileSync(env.path, env.text().replace("A=1", "A=2"));
  await undo(prepared);
  expect(env.text()).toBe("A=2\nTOKEN='old one' # c\n");
});

test("undo is a conflict when a human changed one of our keys since", async () => {
  const env = envFile("TOKEN=old\n");
  const prepared = await write(dotenv, env.options, { TOKEN: "new" });
  writeFileSync(env.path, "TOKEN=theirs\n");
  expect(await faultOf(undo(prepared))).toMatchObject({ code: "CONFLICT" });
  expect(env.text()).toBe("TOKEN=theirs\n");
});

const line = fc.oneof(
  fc.constantFrom(
    "",
    "# a comment",
    "  ",
    "export A=1",
    "B='two words'",
    'C="x y" # z',
    "D=a#b",
    "not an assignment",
    "E=",
  ),
  fc.stringMatching(/^[F-J]=[A-Za-z0-9 :/.-]{0,12}$/),
);
const someEnv = fc.tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom("\n", "\r\n"), fc.boolean());

test("whatever else is in the file stays byte for byte, and undo restores all of it", async () => {
  await fc.assert(
    fc.asyncProperty(someEnv, fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/), async ([lines, end, last], value) => {
      const text = lines.join(end) + (last ? end : "");
      const env = envFile(text);
      const prepared = await write(dotenv, env.options, { TOKEN: value, SECOND: value });
      const others = env.text().replaceAll(/^(?:TOKEN|SECOND)=.*\r?\n/gm, "");
      expect(others.startsWith(text)).toBe(true);
      expect(["", "\n", "\r\n"]).toContain(others.slice(text.length));
      expect(await read(dotenv, env.options, "TOKEN", "SECOND")).toEqual({ TOKEN: value, SECOND: value });
      await undo(prepared);
      expect(env.text()).toBe(text);
    }),
    { numRuns: 60 },
  );
});
