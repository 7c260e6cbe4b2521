import { invalid } from "@rotate/plugin-kit";

/** A command line as argument list: words, quotes and backslashes as in POSIX sh, nothing else of a shell (as botocore takes `credential_process`). Throws INVALID. */
export function splitWords(line: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== "") {
    const word = /^(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+(?=\s|$)/s.exec(rest)?.[0];
    if (word === undefined) throw unsound();
    words.push(unquoted(word));
    rest = rest.slice(word.length).trimStart();
  }
  const [program, ...args] = words;
  if (program === undefined) throw unsound();
  return [program, ...args];
}

function unsound(): Error {
  return invalid("credential_process is empty or has a quote that does not end", "write it as one command line");
}

function unquoted(word: string): string {
  return word.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\\./gs, (part) => {
    if (part.startsWith("\\")) return part.slice(1);
    const inner = part.slice(1, -1);
    return part.startsWith('"') ? inner.replaceAll(/\\(["\\$`])/g, "$1") : inner;
  });
}
