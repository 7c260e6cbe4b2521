import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dialects } from "../src/dotenv/dialect.ts";
import { dotenv } from "../src/dotenv/sink.ts";
import { sinkValues } from "@rotate/testkit";
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
  readonly dialect?: string;
}

const edits: readonly Edit[] = [
  { name: "a missing key is appended", before: "A=1\n", after: "A=1\nTOKEN=new\n" },
  { name: "a missing key is appended to a file without a last line feed", before: "A=1", after: "A=1\nTOKEN=new\n" },
  {
    name: "CR LF is kept and used",
    before: "A=1\r\nTOKEN=old\r\nB=2\r\n",
    after: "A=1\r\nTOKEN=new\r\nB=2\r\n",
    dialect: "dotenv",
  },
  { name: "CR LF is used for a new line", before: "A=1\r\n", after: "A=1\r\nTOKEN=new\r\n", dialect: "dotenv" },
  { name: "LF is used for a new line where lines differ", before: "A=1\r\nB=2\n", after: "A=1\r\nB=2\nTOKEN=new\n" },
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

test.each(edits)("$name", async ({ before, after, dialect = "shell" }) => {
  const env = envFile(Buffer.from(before, "latin1"), { dialect });
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

interface Trap {
  readonly name: string;
  readonly text: string;
  readonly says: string;
  readonly dialect?: string;
  readonly value?: string;
}

const traps: readonly Trap[] = [
  {
    name: "an apostrophe that a shell takes for a quote",
    text: "NAME=O'Brien\nTOKEN=old\nB=O'Neil\n",
    says: "a shell would not find TOKEN",
  },
  {
    name: "an escaped quote that only some readers know",
    text: 'A="x\\"\nTOKEN=old\nB="y"\n',
    says: "python-dotenv would not find TOKEN",
  },
  {
    name: "a backslash at the end of the last line, to which a shell adds the new line",
    text: "A=1\nLAST=C:\\logs\\\n",
    says: "a shell would not find TOKEN",
  },
  {
    name: "the same without a line feed",
    text: "LAST=C:\\logs\\",
    says: "a shell would not find TOKEN",
  },
  {
    name: "blanks behind an empty value, for which Node takes the next line",
    text: "A=1\nF= \n",
    says: "node --env-file would not find TOKEN",
  },
  {
    name: "a line of its own that ends in CR LF",
    text: "A=1\nTOKEN=old\r\n",
    says: "a shell would take another value for TOKEN: a line of the file ends in CR LF",
  },
  {
    name: "CR LF everywhere, where a shell may read it",
    text: "A=1\r\nB=2\r\n",
    says: "a shell would take another value for TOKEN: a line of the file ends in CR LF",
  },
  {
    name: "a second line for the key that only some readers know",
    text: "TOKEN: theirs\n",
    says: "dotenv of npm would find TOKEN twice",
  },
  {
    name: "a quote without an end, which the new value's own quote would close",
    text: "A=1\nB='open\n",
    value: "a b",
    says: "node --env-file would",
  },
  {
    name: "a comment whose backslash older systemds take for more of it",
    text: "A=1\n# docker run \\\n",
    says: "systemd before 254 would not find TOKEN",
  },
  {
    name: "a backslash at the end for systemd",
    text: "A=1\\\n",
    says: "systemd would",
    dialect: "systemd",
  },
  {
    name: "a quote without an end for systemd",
    text: "A='1\n",
    says: "systemd would not find TOKEN",
    dialect: "systemd",
  },
];

describe("a file that a reader would take otherwise after the edit is refused", () => {
  test.each(traps)("$name", async ({ text, says, dialect = "shell", value = "new" }) => {
    const env = envFile(text, { dialect });
    const refusal = { code: "INVALID", message: expect.stringContaining(says) as string };
    expect(await faultOf(write(dotenv, env.options, { TOKEN: value }))).toMatchObject(refusal);
    expect(env.text()).toBe(text);
    const ctx = { ...contextFor(dotenv, env.options), keys: ["TOKEN"], samples: sinkValues({ TOKEN: value }) };
    expect(await faultOf(Promise.resolve(dotenv.check?.(ctx)))).toMatchObject(refusal);
  });
});

test("a value that no dialect's quotes can hold is found before the mint, by a sample of its shape", async () => {
  const ctx = contextFor(dotenv, envFile("A=1\n").options);
  const check = dotenv.check?.({ ...ctx, keys: ["TOKEN"], samples: sinkValues({ TOKEN: "pa$sample" }) });
  expect(await faultOf(Promise.resolve(check))).toMatchObject({
    message: expect.stringContaining("has a quote, dollar"),
  });
});

test.each([
  ["a value of two words, which a shell takes for a command", "TOKEN=old one\nB=2\n", "TOKEN=new\nB=2\n"],
  ["a blank before the value, which a shell takes for a command", "TOKEN= old\n", "TOKEN= new\n"],
  ["a path to fill in, which a shell takes for a redirection", "TOKEN=/<path>/x\n", "TOKEN=new\n"],
  ["a semicolon", "A=1;\nTOKEN=old\n", "A=1;\nTOKEN=new\n"],
  ["export, which systemd does not know", "export TOKEN=old\n", "export TOKEN=new\n"],
  ["a comment behind the value, which is none for systemd", "TOKEN=old # c\n", "TOKEN=new # c\n"],
])("a file with %s is edited for those who take it", async (_, before, after) => {
  const env = envFile(before);
  await write(dotenv, env.options, { TOKEN: "new" });
  expect(env.text()).toBe(after);
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
    "with a control character is refused in every dialect: %j",
    async (value) => {
      for (const dialect of dialects) {
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
  fc.stringMatching(/^[F-J]=(?:[A-Za-z0-9:/.-][A-Za-z0-9 :/.-]{0,12})?$/),
);
const someEnv = fc.tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom("\n", "\r\n"), fc.boolean());
const dialectFor = (end: string) => (end === "\r\n" ? "dotenv" : "shell");

test("whatever else is in the file stays byte for byte, and undo restores all of it", async () => {
  await fc.assert(
    fc.asyncProperty(someEnv, fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/), async ([lines, end, last], value) => {
      const text = lines.join(end) + (last ? end : "");
      const env = envFile(text, { dialect: dialectFor(end) });
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
