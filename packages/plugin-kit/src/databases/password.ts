import { randomInt } from "node:crypto";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
/** The only ones that no shell, URL or connection string takes for something else. */
const marks = "-_";
const length = 43;
const kinds = [/[A-Z]/, /[a-z]/, /[0-9]/];

/**
 * A password for a database user: 43 characters, a letter first, letters and digits of ASCII (256 bits), so that it needs no quotes anywhere. Each kind is in it.
 * @param withMarks also `-` and `_`, one of them at least: for servers that see the password itself and have a rule about special characters
 */
export function newPassword({ withMarks = false }: { readonly withMarks?: boolean } = {}): string {
  const rest = letters + digits + (withMarks ? marks : "");
  const text = pick(letters) + Array.from({ length: length - 1 }, () => pick(rest)).join("");
  const wanted = withMarks ? [...kinds, /[-_]/] : kinds;
  return wanted.every((kind) => kind.test(text)) ? text : newPassword({ withMarks });
}

function pick(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}
