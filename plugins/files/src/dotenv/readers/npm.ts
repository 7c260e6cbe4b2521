import type { Reader } from "./reader.ts";

/** The `dotenv` package of npm, lib/main.js (16 to 18). */
export const npm: Reader = {
  name: "dotenv of npm",
  encoding: "utf8",
  read: (text) =>
    [...text.replaceAll(/\r\n?/g, "\n").matchAll(line)].map(([, key = "", value = ""]) => ({
      key,
      value: valueOf(value.trim()),
    })),
};

const line =
  /(?:^|^)\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?(?:$|$)/gm;

function valueOf(raw: string): string {
  const value = raw.replaceAll(/^(['"`])([^]*)\1$/gm, "$2");
  return raw.startsWith('"') ? value.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : value;
}
