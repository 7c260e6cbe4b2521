import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Dialect, dialects } from "../src/dotenv/dialect.ts";
import { editDotenv, readDotenv } from "../src/dotenv/edit.ts";
import { scan } from "../src/dotenv/scan.ts";
import { type RealReader, realReaders, type Texts } from "./env-readers.ts";

/** Values that look like credentials, and values that look like attacks. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9_@%+=:,./-]{1,60}$/) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  fc.constantFrom(
    "",
    " ",
    " x ",
    "#",
    "a #b",
    "$(touch pwned)",
    "`touch pwned`",
    "x; touch pwned",
    "a && b",
    "~",
    "*",
    "!!",
    '"',
    "\t",
    "a=b",
    "${A}",
    "it's",
    "a\\",
    "\\$x \"y\" 'z'",
    "\u2028x",
  ),
);

/** Undefined when it is refused: then nothing is written, so nothing can be read wrongly. */
function edited(before: string, values: Texts, dialect: Dialect): Buffer | undefined {
  try {
    return editDotenv(Buffer.from(before, "latin1"), values, dialect);
  } catch {
    return undefined;
  }
}

const beginning: Readonly<Record<Dialect, string>> = {
  shell: "# comment\nexport BEFORE='x y'\n",
  dotenv: "# comment\r\nexport BEFORE='x y'\r\n",
  compose: "# comment\nexport BEFORE='x y'\n",
  docker: "# comment\nBEFORE=x y\n",
  systemd: "# comment\nBEFORE='x y'\n",
};

const uses = realReaders.flatMap((reader) =>
  reader.dialects.map((dialect) => ({ name: `${reader.name}, ${dialect}`, reader, dialect })),
);

/** A process for each file. */
const slow = new Set(["sh", "bash", "systemd"]);

function ask({ missing, readAll }: RealReader, paths: readonly string[], skip: (note: string) => never) {
  const why = missing();
  return why === false ? readAll(paths) : skip(why);
}

/** What all readers of a dialect read: some thousand files. */
interface Written {
  readonly directory: string;
  readonly values: readonly { readonly text: string; readonly path: string; readonly index: number }[];
  readonly edits: readonly {
    readonly text: string;
    readonly values: Texts;
    readonly before: string;
    readonly after: string;
    readonly index: number;
  }[];
}
const folder = mkdtempSync(join(tmpdir(), "rotate-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 180_000);
const known = new Map<Dialect, Written>();

function writtenFor(dialect: Dialect): Written {
  const written = known.get(dialect) ?? writeFor(dialect, join(folder, dialect));
  known.set(dialect, written);
  return written;
}

function writeFor(dialect: Dialect, directory: string): Written {
  mkdirSync(directory);
  const values = fc.sample(value, { numRuns: 400, seed: 8_2026 }).flatMap((text, index) => {
    const bytes = edited(beginning[dialect], { TOKEN: text, AFTER: "1" }, dialect);
    const path = `${directory}/${index}.env`;
    if (bytes !== undefined) writeFileSync(path, bytes);
    return bytes === undefined ? [] : [{ text, path, index }];
  });
  const edits = fc.sample(someFile, { numRuns: 2000, seed: 4_2026 }).flatMap(({ text, values: wanted }, index) => {
    const bytes = edited(text, wanted, dialect);
    if (bytes === undefined) return [];
    const [before, after] = [`${directory}/${index}.before`, `${directory}/${index}.after`];
    writeFileSync(before, Buffer.from(text, "latin1"));
    writeFileSync(after, bytes);
    return [{ text, values: wanted, before, after, index }];
  });
  return { directory, values, edits };
}

describe.for(uses)("$name", ({ reader, dialect }) => {
  test("reads what was written, no other key, and starts nothing", { timeout: 180_000 }, (context) => {
    const { directory, values } = writtenFor(dialect);
    // The generator expands variables and leaves out empty ones; EnvironmentFile= does not.
    const isSystemd = reader.name === "systemd";
    const cases = values.filter(({ text, index }) => !isSystemd || (index < 120 && !text.includes("$") && text !== ""));
    expect(cases.length).toBeGreaterThan(isSystemd ? 60 : 150);
    const found = ask(
      reader,
      cases.map(({ path }) => path),
      context.skip,
    );
    expect(found).toEqual(cases.map(({ text }) => ({ BEFORE: "x y", TOKEN: text, AFTER: "1" })));
    expect(readdirSync(directory)).not.toContain("pwned");
  });

  test(
    "finds after an edit what it found before, and the new values, whatever the file",
    { timeout: 180_000 },
    (context) => {
      const most = slow.has(reader.name) ? 300 : 2000;
      const cases = writtenFor(dialect).edits.filter(({ index }) => index < most);
      expect(cases.length).toBeGreaterThan(most / 10);
      const found = ask(
        reader,
        cases.flatMap(({ before, after }) => [before, after]),
        context.skip,
      );
      const wrong = cases.flatMap(({ text, values }, index) => {
        const [was, is] = found.slice(2 * index, 2 * index + 2);
        const fault = faultIn({ was, is, values, text, dialect });
        return fault === undefined ? [] : [{ fault, text, values, was, is }];
      });
      expect(wrong).toEqual([]);
    },
  );
});

interface Seen {
  readonly was: Texts | undefined;
  readonly is: Texts | undefined;
  readonly values: Texts;
  readonly text: string;
  readonly dialect: Dialect;
}

/** What a program would be right to complain of. A file that it refuses as it is, or a line for the key that it never took, is not for it. */
function faultIn({ was: first, is: second, values, text, dialect }: Seen): string | undefined {
  // Go's readers take a line without a sign at the end of the file for a variable without a name.
  if (first === undefined || "" in first) return undefined;
  if (second === undefined) return "refused";
  const [was, is] = [withoutMarks(first), withoutMarks(second)];
  const others = (texts: Texts) =>
    Object.fromEntries(Object.entries(texts).filter(([key]) => !Object.hasOwn(values, key)));
  if (JSON.stringify(others(was)) !== JSON.stringify(others(is))) return "others";
  const keys = new Set(scan(text, dialect).map(({ key }) => key));
  const bad = Object.entries(values).find(
    ([key, wanted]) => is[key] !== wanted && !(is[key] === undefined && was[key] === undefined && keys.has(key)),
  );
  return bad === undefined ? undefined : `${bad[0]} is ${is[bad[0]]}`;
}

/** A reader that knows no byte order mark takes it for a part of the name. */
function withoutMarks(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key.replace("\ufeff", ""), text]));
}

/** Lines as people write them, and as nobody should. */
const line = fc.oneof(
  fc.constantFrom(
    "",
    "# a comment",
    "# a comment \\",
    "; another",
    "export A=1",
    "A=1",
    "A='two words'",
    'B="x y" # z',
    "B=a#b",
    "B=a #b",
    "C=",
    "C= ",
    "C= # later",
    "D=C:\\logs\\",
    "D='it''s'",
    "D=it's",
    'D="say \\"x\\""',
    'D="open',
    "D='open",
    "D=`open",
    "E=one two",
    "E=semi;",
    "E=/<path>/x",
    "E=a&b=c",
    "TOKEN=one two",
    "TOKEN= three",
    "E = spaced",
    "E: yaml",
    "TOKEN=old",
    "TOKEN='old one' # c",
    "export TOKEN=old",
    "TOKEN = old",
    "TOKEN: old",
    "TOKEN=",
    "TOKEN= ",
    "not an assignment",
    "closed'",
    "R=1\nS=a/b\nT=c.d\nU=%2F\nV=-",
    "\n\n \n\n",
    'closed"',
    "\\",
  ),
  fc
    .tuple(
      fc.constantFrom("F=", "G='", 'H="', "TOKEN="),
      fc.string({ unit: fc.constantFrom(..."ab '\"\\#=`\t".split("")), maxLength: 8 }),
    )
    .map((all) => all.join("")),
);
const lineEnd = fc.constantFrom("\n", "\n", "\n", "\r\n");
const someFile = fc.record({
  text: fc
    .tuple(fc.array(fc.tuple(line, lineEnd), { maxLength: 6 }), fc.constantFrom("", "\u00ef\u00bb\u00bf"), fc.boolean())
    .map(([lines, mark, last]) => {
      const text = mark + lines.flat().join("");
      return last ? text : text.replace(/\r?\n$/, "");
    }),
  values: fc.constantFrom<Texts>(
    { TOKEN: "new", T: "t" },
    { TOKEN: "new" },
    { TOKEN: "a b" },
    { TOKEN: "new", SECOND: "x=y" },
  ),
});

test.for(dialects)("what is written for %s is read back by ourselves", (dialect) => {
  const texts = fc.sample(value, { numRuns: 1000, seed: 5_2026 });
  const found = texts.flatMap((text) => {
    const bytes = edited(beginning[dialect], { TOKEN: text }, dialect);
    return bytes === undefined ? [] : [{ text, found: readDotenv(bytes, ["TOKEN"], dialect) }];
  });
  expect(found.length).toBeGreaterThan(500);
  expect(found).toEqual(found.map(({ text }) => ({ text, found: { TOKEN: text } })));
});
