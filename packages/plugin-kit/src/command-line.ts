/** A command as a person can type it into a POSIX shell. Not for running anything: `ctx.exec` takes the words as they are. */
export function commandLine(...words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
