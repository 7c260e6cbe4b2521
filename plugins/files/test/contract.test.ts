import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Sink } from "@rotate/plugin-kit";
import { sinkContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { dotenv } from "../src/dotenv/sink.ts";
import { file } from "../src/file.ts";
import { files } from "../src/files.ts";
import { json } from "../src/json.ts";
import { yaml } from "../src/yaml.ts";
import { fileAt, filesAt, freshDirectory } from "./support.ts";

type Texts = Readonly<Record<string, string>>;

interface FileCase {
  readonly sink: Sink;
  readonly name: string;
  /** What others have in the file; undefined: there is none. */
  readonly others: string | undefined;
  readonly values: readonly [Texts, Texts];
  readonly parse: (text: string) => Texts;
  readonly theirs: string;
}

const tokens = [
  { TOKEN: "first-token-text", USER: "first user" },
  { TOKEN: "second-token-text", USER: "second user" },
] as const;
const pointers = [{ "/db/password": "first-token-text" }, { "/db/password": "second-token-text" }] as const;

function ours(text: string): Texts {
  const { TOKEN, USER } = parseEnv(text);
  return { ...(TOKEN !== undefined && { TOKEN }), ...(USER !== undefined && { USER }) };
}
function passwordOf(data: { readonly db?: { readonly password?: string } } | null): Texts {
  const password = data?.db?.password;
  return password === undefined ? {} : { "/db/password": password };
}

const cases: readonly FileCase[] = [
  {
    sink: dotenv,
    name: ".env",
    others: undefined,
    values: tokens,
    parse: ours,
    theirs: "TOKEN=theirs-text\nUSER=theirs-text\n",
  },
  {
    sink: dotenv,
    name: ".env",
    values: tokens,
    parse: ours,
    others: "# notes\nexport OTHER='x y'\n",
    theirs: "TOKEN=theirs-text\nUSER=theirs-text\n",
  },
  {
    sink: json,
    name: "db.json",
    values: pointers,
    others: '{ "port": 5432 }\n',
    parse: (text) => passwordOf(JSON.parse(text) as object),
    theirs: '{ "db": { "password": "theirs-text" } }',
  },
  {
    sink: yaml,
    name: "db.yaml",
    values: pointers,
    others: "port: 5432 # the usual\n",
    parse: (text) => passwordOf(parseYaml(text) as object | null),
    theirs: "db:\n  password: theirs-text\n",
  },
  {
    sink: file,
    name: "token",
    others: undefined,
    theirs: "theirs-text",
    values: [{ content: "first-token-text" }, { content: "second-token-text" }],
    parse: (content) => ({ content }),
  },
];

for (const { sink, name, others, values, parse, theirs } of cases) {
  sinkContract(
    { describe, test },
    {
      sink,
      start() {
        const directory = freshDirectory();
        const path = `${directory}/${name}`;
        if (others !== undefined) writeFileSync(path, others, { mode: 0o640 });
        return { options: { path }, path, values };
      },
      snapshot: async ({ path }) => fileAt(path),
      readBack: async ({ path }) => {
        const text = fileAt(path)?.text;
        return text === undefined ? {} : parse(text);
      },
      meddle: ({ path }) => writeFileSync(path, theirs),
      refuse({ path }) {
        rmSync(path, { force: true });
        mkdirSync(path);
      },
    },
  );
}

const certificates = [
  { "tls.crt": "first certificate", "tls.key": "first key" },
  { "tls.crt": "second certificate", "tls.key": "second key" },
] as const;

sinkContract(
  { describe, test },
  {
    sink: files,
    start() {
      const path = `${freshDirectory()}/tls`;
      return { options: { path }, path, values: certificates };
    },
    snapshot: async ({ path }) => filesAt(path),
    readBack: async ({ path }) => {
      const found = Object.entries(filesAt(path) ?? {});
      return Object.fromEntries(found.map(([name, at]) => [name, at?.text ?? ""]));
    },
    meddle({ path }) {
      if (existsSync(path)) writeFileSync(`${path}/tls.crt`, "theirs-text");
    },
    refuse({ path }) {
      rmSync(path, { force: true });
      writeFileSync(path, "");
    },
  },
);
