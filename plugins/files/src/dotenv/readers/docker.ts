import { isUtf8 } from "node:buffer";
import { type Pair, type Reader, withoutMark } from "./reader.ts";

/** `docker run --env-file` (docker/cli, pkg/kvfile): a line each, all behind the first `=` is the value, quotes and blanks included. */
export const docker: Reader = {
  name: "docker run --env-file",
  encoding: "latin1",
  read(text) {
    if (!isUtf8(Buffer.from(text, "latin1"))) return undefined;
    const lines = withoutMark(text).split("\n");
    if (lines.some(({ length }) => length >= longestLine)) return undefined;
    const pairs = lines.map((line) => pairOf(line.replace(/\r$/, "").replace(/^\s+/, "")));
    return pairs.includes("refused") ? undefined : pairs.filter((pair) => typeof pair === "object");
  },
};

/** Go's bufio.Scanner takes no longer one. */
const longestLine = 64 * 1024;

function pairOf(line: string): Pair | "nothing" | "refused" {
  if (line === "" || line.startsWith("#")) return "nothing";
  const equals = line.indexOf("=");
  const key = equals === -1 ? line : line.slice(0, equals);
  if (key === "" || /[ \t]/.test(key)) return "refused";
  return equals === -1 ? { key: "", value: line } : { key, value: line.slice(equals + 1) };
}
