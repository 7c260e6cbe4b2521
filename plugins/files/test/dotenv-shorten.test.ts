import fc from "fast-check";
import { expect, test } from "vitest";
import { type Dialect, dialects } from "../src/dotenv/dialect.ts";
import { editDotenv } from "../src/dotenv/edit.ts";
import { scan } from "../src/dotenv/scan.ts";
import { shorten } from "../src/dotenv/shorten.ts";
import { verifyEdit } from "../src/dotenv/verify.ts";

const keys = new Set(["TOKEN"]);

function run(line: (at: number) => string): string {
  return Array.from({ length: 9 }, (_, at) => line(at)).join("");
}

test("long runs of plain lines become two lines, and all others stay", () => {
  const text = [
    run((at) => `A${at}=b\n`),
    run(() => "\n"),
    run((at) => `C${at}='d e'\n`),
    run((at) => `F${at}="g h"\n`),
    run((at) => `L${at}=m\n`),
    run(() => "TOKEN=x\n"),
    run(() => "# it's\n"),
    run((at) => `I${at}=j k\n`),
  ];
  expect(shorten(text.join(""), keys)).toBe(
    ["A0=b\nA1=b\n", "\n\n", "C0='d e'\nC1='d e'\n", 'F0="g h"\nF1="g h"\n', ...text.slice(5)].join(""),
  );
});

const runs = fc
  .tuple(fc.constantFrom("P=1\n", "P='a b'\n", 'P="a b"\n', "\n", " \n"), fc.integer({ min: 1, max: 5 }))
  .map(([line, count]) => line.repeat(count));
const odd = fc.constantFrom(
  "A='open\n",
  'A="open\n',
  "A=`open\n",
  "A= \n",
  "A=\n",
  "A=x\\\n",
  "# c \\\n",
  "A: y\n",
  "closed'\n",
  'closed"\n',
  "A=it's\n",
  'A="x\\"\n',
  "A=b #c\n",
  "TOKEN=old\n",
  "TOKEN='old'\n",
  "TOKEN= \n",
  "A=x\r\n",
);
const file = fc
  .tuple(fc.array(fc.oneof(runs, odd), { maxLength: 9 }), fc.boolean())
  .map(([parts, last]) => (last ? parts.join("") : parts.join("").replace(/\r?\n$/, "")));

/** What the whole file would be judged by. */
function verdict(before: string, value: string, dialect: Dialect, short: boolean): string {
  const line = `${before === "" || before.endsWith("\n") ? "" : "\n"}TOKEN='${value}'\n`;
  const found = scan(before, dialect).find(({ key }) => key === "TOKEN");
  const after =
    found === undefined ? `${before}${line}` : `${before.slice(0, found.start)}'${value}'${before.slice(found.end)}`;
  const [was, is] = short ? [shorten(before, keys), shorten(after, keys)] : [before, after];
  try {
    verifyEdit({ before: was, after: is, old: {}, values: { TOKEN: value } }, dialect);
    return "taken";
  } catch (error) {
    // Which of the other variables is named may differ: of two lines that read otherwise one may be left out.
    return (error as Error).message.replace(/would read \S+ otherwise/, "would read … otherwise");
  }
}

test("a shortened file is judged as the whole file is", () => {
  fc.assert(
    fc.property(file, fc.constantFrom("new", "a b"), fc.constantFrom(...dialects), (text, value, dialect) => {
      expect(verdict(text, value, dialect, true)).toBe(verdict(text, value, dialect, false));
    }),
    {
      numRuns: 3000,
      examples: [
        ["TOKEN= \nA='open\nP=1\nP=1\nA=x", "new", "shell"],
        ["P='a b'\nP='a b'\nP=1\nP='a b'\nTOKEN= \nP=1", "new", "shell"],
      ],
    },
  );
});

test("a file of 400,000 lines takes memory and time in proportion", { timeout: 120_000 }, () => {
  const lines = Array.from({ length: 400_000 }, (_, at) => `KEY_${at}=${at % 3 === 0 ? at : `"value ${at}"`}`);
  const before = Buffer.from(`${lines.join("\n")}\n`);
  const started = process.cpuUsage();
  const after = editDotenv(before, { TOKEN: "new", KEY_77: "x" }, "shell");
  const { user } = process.cpuUsage(started);
  expect(after.length).toBe(before.length + "TOKEN=new\n".length - '"value 77"'.length + 1);
  expect(user / 1e6).toBeLessThan(20);
});
