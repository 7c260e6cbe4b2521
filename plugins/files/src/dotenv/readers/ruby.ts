import { isUtf8 } from "node:buffer";
import { type Pair, type Reader, withoutMark, withoutQuotes } from "./reader.ts";

/** The `dotenv` gem of Ruby, lib/dotenv/parser.rb (2.8 to 3.2). */
export const ruby: Reader = {
  name: "dotenv of Ruby",
  encoding: "latin1",
  read(text) {
    if (!isUtf8(Buffer.from(text, "latin1"))) return undefined;
    const lines = withoutMark(text).replaceAll(/\r\n?/g, "\n");
    const pairs = [...lines.matchAll(line)].map(pairOf);
    return hasLooseExport(lines.replaceAll(line, ""), pairs) ? undefined : pairs;
  },
};

const line =
  /^[ \t\n\f\v]*(?:export[ \t\n\f\v]+)?([A-Za-z0-9_.]+)(?:[ \t\n\f\v]*=[ \t\n\f\v]*?|:[ \t\n\f\v]+?)([ \t\n\f\v]*'(?:\\'|[^'])*'|[ \t\n\f\v]*"(?:\\"|[^"])*"|[^#\n]+)?[ \t\n\f\v]*(?:#.*)?$/gm;

function pairOf([, key = "", value = ""]: RegExpExecArray): Pair {
  return { key, value: withoutQuotes(value.replaceAll(/^[\0\s]+|[\0\s]+$/g, "")) };
}

/** `export NAME` of a name that nothing sets is an error. */
function hasLooseExport(rest: string, pairs: readonly Pair[]): boolean {
  if (!rest.includes("export")) return false;
  const keys = new Set(pairs.map(({ key }) => key));
  return rest
    .split("\n")
    .map((each) => each.trim().split(/\s+/))
    .some(([word, ...names]) => word === "export" && !names.every((name) => keys.has(name)));
}
