import { createHash, randomInt } from "node:crypto";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const rounds = 5000;
const saltLength = 20;

/**
 * What MySQL stores of a password under caching_sha2_password (dev.mysql.com/doc/dev/mysql-server/latest, sha2_password): SHA-crypt with a salt of 20, as
 * the bytes of `$A$005$`, salt and hash; `005` are thousands of rounds. Some 15 ms. @param salt 20 characters, neither `$` nor NUL
 */
export function cachingSha2(password: string, salt: string = newSalt()): string {
  return `0x${Buffer.from(`$A$005$${salt}${shaCrypt(Buffer.from(password), Buffer.from(salt))}`).toString("hex")}`;
}

/** What MariaDB stores under mysql_native_password: the SHA-1 of the SHA-1. */
export function nativePassword(password: string): string {
  const once = createHash("sha1").update(password).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}

function newSalt(): string {
  return Array.from({ length: saltLength }, () => alphabet.charAt(2 + randomInt(alphabet.length - 2))).join("");
}

function sha(...parts: readonly Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

/** The same bytes over and over, as many as asked for. */
function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** Ulrich Drepper's SHA-crypt with SHA-256 (akkadia.org/drepper/SHA-crypt.txt), steps by its numbers. */
function shaCrypt(password: Buffer, salt: Buffer): string {
  const second = sha(password, salt, password); // 4-8
  const bits = Array.from(password.length.toString(2))
    .toReversed()
    .map((bit) => (bit === "1" ? second : password)); // 11
  const first = sha(password, salt, repeated(second, password.length), ...bits); // 1-12
  const p = repeated(sha(repeated(password, password.length ** 2)), password.length); // 13-16
  const s = repeated(sha(repeated(salt, salt.length * (16 + (first[0] ?? 0)))), salt.length); // 17-20
  let last = first;
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    const parts = [odd ? p : last, ...(round % 3 === 0 ? [] : [s]), ...(round % 7 === 0 ? [] : [p]), odd ? last : p];
    last = sha(...parts); // 21
  }
  return encoded(last);
}

/** 22: three bytes make four letters, in an order of their own. */
function encoded(hash: Buffer): string {
  const groups = Array.from({ length: 10 }, (_, index) => {
    const [a, b, c] = [0, 10, 20].map((start) => (start + index * 21) % 30);
    return letters([hash[a ?? 0] ?? 0, hash[b ?? 0] ?? 0, hash[c ?? 0] ?? 0], 4);
  });
  return groups.join("") + letters([0, hash[31] ?? 0, hash[30] ?? 0], 3);
}

function letters([high, middle, low]: readonly [number, number, number], count: number): string {
  const bits = (high << 16) | (middle << 8) | low;
  return Array.from({ length: count }, (_, index) => alphabet.charAt((bits >> (6 * index)) & 63)).join("");
}
