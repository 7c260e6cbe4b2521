import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Sink } from "@rotate/plugin-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse as parseYaml, stringify as toYaml } from "yaml";
import { editDocument, readDocument } from "../src/document/edit.ts";
import type { Language } from "../src/document/language.ts";
import { revertDocument } from "../src/document/revert.ts";
import { json } from "../src/json.ts";
import { json as jsonLanguage } from "../src/document/json.ts";
import { yaml } from "../src/yaml.ts";
import { yaml as yamlLanguage } from "../src/document/yaml.ts";
import { contextFor, faultOf, freshDirectory, read, undo, write } from "./support.ts";

function documentFile(text: string | undefined) {
  const path = `${freshDirectory()}/document`;
  if (text !== undefined) writeFileSync(path, text);
  const current = () => readFileSync(path, "utf8");
  return { options: { path }, path, text: current, textIfAny: () => (existsSync(path) ? current() : undefined) };
}

interface Edit {
  readonly name: string;
  readonly sink: Sink;
  readonly before: string | undefined;
  readonly key: string;
  readonly after: string;
}

const jsonEdits = [
  {
    name: "a value is replaced where it stands",
    before: '{ "b": 1,  "k": "old" , "a":[1, 2] }',
    key: "/k",
    after: '{ "b": 1,  "k": "new" , "a":[1, 2] }',
  },
  {
    name: "comments and a trailing comma stay",
    before: '{\n  // c\n  "k": null, /* d */\n}\n',
    key: "/k",
    after: '{\n  // c\n  "k": "new", /* d */\n}\n',
  },
  {
    name: "a missing key is laid out like its neighbour",
    before: '{\n\t"a" : 1\n}',
    key: "/k",
    after: '{\n\t"a" : 1,\n\t"k" : "new"\n}',
  },
  { name: "on one line, too", before: '{"a":1}', key: "/k", after: '{"a":1,"k":"new"}' },
  {
    name: "behind a comment, the comment stays on its line",
    before: '{\n  "a": 1 // one\n}\n',
    key: "/k",
    after: '{\n  "a": 1, // one\n  "k": "new"\n}\n',
  },
  {
    name: "a trailing comma stays trailing",
    before: '{\n  "a": 1, // one\n}\n',
    key: "/k",
    after: '{\n  "a": 1, // one\n  "k": "new",\n}\n',
  },
  {
    name: "missing parents are made",
    before: '{\n    "a": 1\n}\n',
    key: "/db/main/k",
    after: '{\n    "a": 1,\n    "db": {\n        "main": {\n            "k": "new"\n        }\n    }\n}\n',
  },
  {
    name: "CR LF is used",
    before: '{\r\n  "a": {}\r\n}\r\n',
    key: "/a/k",
    after: '{\r\n  "a": {\r\n    "k": "new"\r\n  }\r\n}\r\n',
  },
  {
    name: "an element of a list is replaced",
    before: '{"l": ["a", {"k": 1}]}',
    key: "/l/1/k",
    after: '{"l": ["a", {"k": "new"}]}',
  },
  {
    name: "a name with a slash and a tilde is found",
    before: '{"a/b~c": "old"}',
    key: "/a~1b~0c",
    after: '{"a/b~c": "new"}',
  },
  { name: "a byte order mark stays", before: '\ufeff{"k": "old"}', key: "/k", after: '\ufeff{"k": "new"}' },
  {
    name: "an empty file becomes an object",
    before: "",
    key: "/db/k",
    after: '{\n  "db": {\n    "k": "new"\n  }\n}\n',
  },
  { name: "a missing file becomes an object", before: undefined, key: "/k", after: '{\n  "k": "new"\n}\n' },
];
const yamlEdits = [
  {
    name: "a value is replaced where it stands",
    before: "b: 1   # one\nk:   old  # c\na: [1,2]\n",
    key: "/k",
    after: 'b: 1   # one\nk:   "new"  # c\na: [1,2]\n',
  },
  { name: "an empty value is filled", before: "k:\nb: 1\n", key: "/k", after: 'k: "new"\nb: 1\n' },
  {
    name: "an empty value with a comment is filled",
    before: "k:   # later\n",
    key: "/k",
    after: 'k:   "new" # later\n',
  },
  {
    name: "a value of several lines is replaced",
    before: "k: |  # pem\n  a\n  b\nb: 1\n",
    key: "/k",
    after: 'k: "new"  # pem\nb: 1\n',
  },
  {
    name: "a missing key goes under its neighbours",
    before: "db:\n    host: h  # c\n    list:\n    - 1\n\n# end\nz: 1\n",
    key: "/db/k",
    after: 'db:\n    host: h  # c\n    list:\n    - 1\n    k: "new"\n\n# end\nz: 1\n',
  },
  { name: "missing parents are made", before: "a: 1", key: "/db/k", after: 'a: 1\ndb:\n  k: "new"\n' },
  {
    name: "in a mapping in braces",
    before: "db: { a: 1 }\n",
    key: "/db/x/k",
    after: 'db: { a: 1, x: { k: "new" } }\n',
  },
  { name: "in an empty one", before: "db: {}\n", key: "/db/k", after: 'db: {k: "new"}\n' },
  {
    name: "in an element of a list",
    before: "l:\n- name: a\n  k: old\n- name: b\n",
    key: "/l/1/k",
    after: 'l:\n- name: a\n  k: old\n- name: b\n  k: "new"\n',
  },
  { name: "CR LF is used", before: "a: 1\r\n", key: "/db/k", after: 'a: 1\r\ndb:\r\n  k: "new"\r\n' },
  {
    name: "tags and anchors elsewhere stay",
    before: "a: &x !t 1\nb: *x\nk: old\n",
    key: "/k",
    after: 'a: &x !t 1\nb: *x\nk: "new"\n',
  },
  { name: "a key that is no word is quoted", before: "a: 1\n", key: "/no", after: 'a: 1\n"no": "new"\n' },
  {
    name: "a merged key is set in its own place",
    before: "base: &b\n  k: 1\ndb:\n  <<: *b\n",
    key: "/db/k",
    after: 'base: &b\n  k: 1\ndb:\n  <<: *b\n  k: "new"\n',
  },
  {
    name: "a value is set inside an anchored mapping that the pointer names",
    before: "x-env: &env\n  A: 1\n  k: old # c\nweb:\n  <<: *env\nworker:\n  env: *env\n",
    key: "/x-env/k",
    after: 'x-env: &env\n  A: 1\n  k: "new" # c\nweb:\n  <<: *env\nworker:\n  env: *env\n',
  },
  {
    name: "a key is added to an anchored mapping that the pointer names",
    before: "x-env: &env\n  A: 1\nweb:\n  <<: *env\n",
    key: "/x-env/k",
    after: 'x-env: &env\n  A: 1\n  k: "new"\nweb:\n  <<: *env\n',
  },
  {
    name: "a mapping beside what a merge key brings in is made",
    before: "common: &c\n  a: 1\napp:\n  <<: *c\n",
    key: "/app/db/k",
    after: 'common: &c\n  a: 1\napp:\n  <<: *c\n  db:\n    k: "new"\n',
  },
  {
    name: "a file with comments only is appended to",
    before: "# nothing yet\n",
    key: "/db/k",
    after: '# nothing yet\ndb:\n  k: "new"\n',
  },
  { name: "a missing file is made", before: undefined, key: "/db/k", after: 'db:\n  k: "new"\n' },
];
const edits: readonly Edit[] = [
  ...jsonEdits.map((edit) => ({ ...edit, sink: json })),
  ...yamlEdits.map((edit) => ({ ...edit, sink: yaml })),
];

test.for(edits)("$sink.type: $name", async ({ sink, before, key, after }) => {
  const document = documentFile(before);
  const prepared = await write(sink, document.options, { [key]: "new" });
  expect(document.text()).toBe(after);
  expect(await read(sink, document.options, key, "/not/there")).toEqual({ [key]: "new" });
  await undo(prepared);
  expect(document.textIfAny()).toBe(before);
});

interface Refusal {
  readonly name: string;
  readonly sink: Sink;
  readonly text: string;
  readonly key?: string;
  readonly says: string;
}

const refusals: readonly Refusal[] = [
  {
    name: "text that is not JSON",
    sink: json,
    text: '{"a": 1\n  "b" 2}',
    says: "the target is not JSON: CommaExpected at line 2, column 3",
  },
  { name: "a list at the top", sink: json, text: "[1]", says: "the target holds a JSON array, not an object" },
  { name: "a number at the top", sink: json, text: "5", says: "the target holds a JSON number, not an object" },
  { name: "bytes that are not UTF-8", sink: json, text: "\ud800", says: "" },
  {
    name: "a pointer through a scalar",
    sink: json,
    text: '{"db": 5}',
    says: "there is a single value at /db, so nothing can be below it",
  },
  {
    name: "a pointer to an object",
    sink: json,
    text: '{"db": {"k": {}}}',
    says: "there is a mapping at /db/k, which a text would replace",
  },
  { name: "a list without that element", sink: json, text: '{"db": []}', says: "the list at /db has no element k" },
  {
    name: "a key that stands twice",
    sink: json,
    text: '{"db": {"k": 1, "k": 2}}',
    says: "/db/k stands twice in the document",
  },
  {
    name: "a name of JavaScript's own",
    sink: json,
    text: "{}",
    key: "/__proto__/k",
    says: "/__proto__/k names __proto__, which no document of ours may hold",
  },
  { name: "another one", sink: json, text: "{}", key: "/a/constructor/prototype", says: "names constructor" },
  { name: "a pointer without a slash", sink: json, text: "{}", key: "db", says: "db is not a JSON Pointer" },
  { name: "text that is not YAML", sink: yaml, text: "a: [1\nb: 2\n", says: "the target is not YAML: " },
  { name: "a list at the top", sink: yaml, text: "- 1\n", says: "the target holds no YAML mapping at its top" },
  {
    name: "several documents",
    sink: yaml,
    text: "a: 1\n---\nb: 1\n",
    says: "the target holds more than one YAML document",
  },
  {
    name: "an anchor at the key",
    sink: yaml,
    text: "db:\n  k: &x old\nb: *x\n",
    says: "there is an anchor at /db/k, so other places would change with it",
  },
  { name: "an alias at the key", sink: yaml, text: "b: &x old\ndb:\n  k: *x\n", says: "there is an alias at /db/k" },
  { name: "an alias above the key", sink: yaml, text: "b: &x\n  k: old\ndb: *x\n", says: "there is an alias at /db" },
  {
    name: "a mapping in the place of one that a merge key brings in",
    sink: yaml,
    text: "common: &c\n  db:\n    a: 1\n    b: 2\napp:\n  <<: *c\n",
    key: "/app/db/k",
    says: "what stands at /app/db comes from a merge key (<<), and a mapping written there would hide it with its 2 keys",
  },
  {
    name: "a text in the place of a mapping that a merge key brings in",
    sink: yaml,
    text: "common: &c\n  db:\n    a: 1\napp:\n  <<: [*c]\n",
    key: "/app/db",
    says: "what stands at /app/db comes from a merge key (<<)",
  },
  {
    name: "a mapping in the place of one that a merge key of a merge key brings in",
    sink: yaml,
    text: "one: &one { db: { a: 1 } }\ntwo: &two\n  <<: *one\napp:\n  x: 1\n  <<: *two\n",
    key: "/app/db/k",
    says: "what stands at /app/db comes from a merge key (<<)",
  },
  {
    name: "a tag at the key",
    sink: yaml,
    text: "db:\n  k: !vault abc\n",
    says: "the value at /db/k has the tag !vault, which a text would lose",
  },
  { name: "a pointer through a scalar", sink: yaml, text: "db: 5\n", says: "there is a single value at /db" },
  {
    name: "a key that stands twice",
    sink: yaml,
    text: "db:\n  k: 1\n  k: 2\n",
    says: "/db/k stands twice in the document",
  },
  { name: "a name of JavaScript's own", sink: yaml, text: "a: 1\n", key: "/prototype", says: "names prototype" },
];

test.for(refusals)("$sink.type refuses $name, and nothing is lost", async ({ sink, text, key = "/db/k", says }) => {
  const document = documentFile(undefined);
  const bytes = text === "\ud800" ? Buffer.from([0x7b, 0xff, 0x7d]) : Buffer.from(text);
  writeFileSync(document.path, bytes);
  const fault = await faultOf(write(sink, document.options, { [key]: "new" }));
  expect(fault).toMatchObject({
    code: "INVALID",
    retryable: false,
    hint: expect.any(String),
    message: expect.stringContaining(says),
  });
  expect(readFileSync(document.path)).toEqual(bytes);
});

test.for(refusals)("$sink.type finds $name before anything is minted", async ({ sink, text, key = "/db/k", says }) => {
  const document = documentFile(undefined);
  writeFileSync(document.path, text === "\ud800" ? Buffer.from([0x7b, 0xff, 0x7d]) : text);
  const check = sink.check?.({ ...contextFor(sink, document.options), keys: [key] });
  const message = expect.stringContaining(says) as string;
  expect(await faultOf(Promise.resolve(check))).toMatchObject({ code: "INVALID", message });
});

test("what stands behind a merge key or an alias is refused with the place where it can be written", async () => {
  const text =
    "x-env: &env\n  A: 1\nlist:\n- &web\n  environment: &e { B: 2 }\napp:\n  <<: *web\nother:\n  environment: *env\n";
  const hintFor = async (key: string) =>
    (await faultOf(write(yaml, documentFile(text).options, { [key]: "new" }))).hint;
  expect(await hintFor("/app/environment/TOKEN")).toContain(
    "name the place that it comes from, /list/0/environment/TOKEN",
  );
  expect(await hintFor("/other/environment/TOKEN")).toContain("name the place that the alias stands for: /x-env");
});

test("aliases are no obstacle, however many there are and whatever they stand for", async () => {
  const users = Array.from({ length: 300 }, (_, index) => `user${index}: *env\n`).join("");
  const bomb = Array.from({ length: 30 }, (_, at) => `b${at + 1}: &b${at + 1} [*b${at}, *b${at}, *b${at}]\n`).join("");
  const before = `env: &env { A: 1 }\n${users}b0: &b0 [x]\n${bomb}k: old\n`;
  const document = documentFile(before);
  await write(yaml, document.options, { "/k": "new" });
  expect(document.text()).toBe(before.replace("k: old", 'k: "new"'));
});

test.for([json, yaml])("$type refuses what is nested deeper than its parser goes", async (sink) => {
  const text =
    sink === json
      ? `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
      : `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  expect(await faultOf(write(sink, documentFile(text).options, { "/k": "new" }))).toMatchObject({ code: "INVALID" });
});

test("JSON of 400,000 keys takes memory and time in proportion", { timeout: 120_000 }, () => {
  const lines = Array.from({ length: 400_000 }, (_, at) => `"KEY_${at}":"value ${at}"`);
  const before = Buffer.from(`{${lines.join(",\n")}}\n`);
  const started = process.cpuUsage();
  const after = editDocument(jsonLanguage, before, { "/KEY_77": "x", "/new": "y" });
  const { user } = process.cpuUsage(started);
  expect(after.length).toBe(before.length - "value 77".length + 1 + ',\n"new":"y"'.length);
  expect(user / 1e6).toBeLessThan(8);
});

test("a thousand keys of one document are set in one go", { timeout: 60_000 }, () => {
  const keys = Array.from({ length: 1000 }, (_, at) => `KEY_${at}`);
  const values = Object.fromEntries(keys.map((key) => [`/app/${key}`, `new ${key}`]));
  const expected = Object.fromEntries(keys.map((key) => [key, `new ${key}`]));
  for (const [language, parse] of [
    [jsonLanguage, asJson],
    [yamlLanguage, asYaml],
  ] as const) {
    const before = Buffer.from(JSON.stringify({ app: Object.fromEntries(keys.map((key) => [key, "old"])) }, null, 2));
    const started = process.cpuUsage();
    expect(parse(editDocument(language, before, values).toString())).toEqual({ app: expected });
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
  }
});

test("no message shows what the file holds", async () => {
  const secret = "hunter2-hunter2";
  for (const [sink, text] of [
    [json, `{"a": "${secret}" ${secret}}`] as const,
    [yaml, `a: "${secret}\nb: [${secret}\n`] as const,
  ]) {
    const fault = await faultOf(write(sink, documentFile(text).options, { "/k": "new" }));
    expect(`${fault.message} ${fault.hint}`).not.toContain(secret);
  }
});

describe("undo after a human's edit", () => {
  test.for([
    {
      sink: json,
      before: '{\n  "a": 1,\n  "k": 5\n}\n',
      edited: ['"a": 1', '"a": 2'],
      after: '{\n  "a": 2,\n  "k": 5\n}\n',
      key: "/k",
    },
    { sink: json, before: '{\n  "a": 1\n}\n', edited: ['"a": 1', '"a": 2'], after: '{\n  "a": 2\n}\n', key: "/db/k" },
    { sink: json, before: "{}", edited: ["{", '{ "a": 2,'], after: '{ "a": 2\n}', key: "/k" },
    { sink: yaml, before: "a: 1\nk: 5 # c\n", edited: ["a: 1", "a: 2"], after: "a: 2\nk: 5 # c\n", key: "/k" },
    { sink: yaml, before: "a: 1\n", edited: ["a: 1", "a: 2"], after: "a: 2\n", key: "/db/main/k" },
    {
      sink: yaml,
      before: "k: |\n  x\n  y\na: 1\n",
      edited: ["a: 1", "a: 2"],
      after: 'k: "x\\ny\\n"\na: 2\n',
      key: "/k",
    },
  ])(
    "$sink.type takes back only $key in $before",
    async ({ sink, before, edited: [from = "", to = ""], after, key }) => {
      const document = documentFile(before);
      const prepared = await write(sink, document.options, { [key]: "new" });
      writeFileSync(document.path, document.text().replace(from, to));
      await undo(prepared);
      expect(document.text()).toBe(after);
    },
  );

  test.for([
    { sink: json, theirs: '{"k": "theirs"}' },
    { sink: yaml, theirs: "k: theirs\n" },
  ])("$sink.type is a conflict when our key was changed", async ({ sink, theirs }) => {
    const document = documentFile(undefined);
    const prepared = await write(sink, document.options, { "/k": "new" });
    writeFileSync(document.path, theirs);
    expect(await faultOf(undo(prepared))).toMatchObject({ code: "CONFLICT" });
    expect(document.text()).toBe(theirs);
  });
});

const name = fc.stringMatching(/^[a-m]{1,4}$/);
const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 8 }));
const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
  tree: fc.dictionary(name, tie("node"), { minKeys: 1, maxKeys: 4 }),
  node: fc.oneof({ depthSize: "small" }, scalar, tie("tree"), fc.array(scalar, { maxLength: 3 })),
}));
const secret = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9+/=._-]{1,40}$/),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constant("-----\na: b\n-----\n"),
);

interface Kind {
  readonly language: Language;
  readonly style: string;
  readonly print: (data: unknown) => string;
  readonly parse: (text: string) => unknown;
}
const asJson = (text: string): unknown => JSON.parse(text);
const asYaml = (text: string): unknown => parseYaml(text);
const kinds: readonly Kind[] = [
  { language: jsonLanguage, style: "laid out", print: (data) => JSON.stringify(data, null, 2), parse: asJson },
  { language: jsonLanguage, style: "on one line", print: (data) => JSON.stringify(data), parse: asJson },
  { language: yamlLanguage, style: "in blocks", print: (data) => toYaml(data), parse: asYaml },
  {
    language: yamlLanguage,
    style: "in braces",
    print: (data) => toYaml(data, { collectionStyle: "flow" }),
    parse: asYaml,
  },
];

test.for(kinds)(
  "$language.name $style: only the named values change, and the way back is exact",
  ({ language, print, parse }) => {
    fc.assert(
      fc.property(tree, secret, (data, value) => {
        const before = Buffer.from(print(data));
        const values = { "/zz": value, "/yy/deep": value };
        const written = editDocument(language, before, values);
        expect(parse(written.toString())).toEqual({ ...(data as object), zz: value, yy: { deep: value } });
        expect(readDocument(language, written, ["/zz", "/yy/deep"])).toEqual(values);
        const again = editDocument(language, written, { "/zz": "again" });
        expect(parse(again.toString())).toEqual({ ...(data as object), zz: "again", yy: { deep: value } });
        expect(editDocument(language, again, { "/zz": value })).toEqual(written);
      }),
      { numRuns: 300 },
    );
  },
);

test.for(kinds.filter(({ style }) => style !== "in braces"))(
  "$language.name $style: undo over somebody else's edit leaves their data",
  ({ language, print, parse }) => {
    fc.assert(
      fc.property(tree, secret, (data, value) => {
        const before = Buffer.from(print(data));
        const written = editDocument(language, before, { "/zz": value, "/yy/deep": value });
        const now = editDocument(language, written, { "/xx": "theirs" });
        const pointers = ["/zz", "/yy/deep"];
        const back = revertDocument(language, { before, written }, { now, pointers });
        expect(parse(back.toString())).toEqual({ ...(data as object), xx: "theirs" });
      }),
      { numRuns: 200 },
    );
  },
);
