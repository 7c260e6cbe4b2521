import { inspect } from "node:util";
import { Secret } from "@rotate/plugin-kit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodings, shortestSecret } from "../src/encodings.ts";
import { createMasker } from "../src/masker.ts";

const awkward = `p+/="' &%$\\<é>\`a!*`;

function masked(secret: string, text: string): string {
  const masker = createMasker();
  masker.secret(secret, "it");
  return masker.mask(text);
}

const ways: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "percent-encoded": encodeURIComponent,
  "percent-encoded in lower case": (text) =>
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  "in a whole URL": (text) => new URL(`https://h/?q=${encodeURIComponent(text)}`).href,
  "in a form": (text) => new URLSearchParams({ secret: text }).toString(),
  "in base64": (text) => Buffer.from(text).toString("base64"),
  "in base64 behind a user name": (text) => Buffer.from(`user:${text}`).toString("base64"),
  "in base64 behind one byte and before others": (text) => Buffer.from(`a${text}zz`).toString("base64"),
  "in base64 behind two bytes and before others": (text) => Buffer.from(`ab${text}zzz`).toString("base64"),
  "in base64url": (text) => Buffer.from(`u:${text}`).toString("base64url"),
  "in hex": (text) => Buffer.from(text).toString("hex"),
  "in upper-case hex": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "in JSON": (text) => JSON.stringify({ text }),
  "in JSON in JSON": (text) => JSON.stringify({ body: JSON.stringify({ text }) }),
  "in Go's JSON": (text) => JSON.stringify(text).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  "in XML": (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  "in a shell command": (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  "in a double-quoted shell word": (text) => `"${text.replace(/["$`\\]/g, "\\$&")}"`,
  "as Node inspects it between single quotes": (text) => inspect(text.replaceAll("`", "")),
};

test.each(Object.entries(ways))("hides a secret %s", (name, encode) => {
  const secret = name.startsWith("as Node") ? awkward.replaceAll("`", "") : awkward;
  const out = masked(secret, `before ${encode(secret)} after`);
  expect(out).toMatch(/^before .*\[secret it\].* after$/);
  expect(out).not.toContain(encode(secret));
});

test("hides every encoding of any secret, wherever it stands", () => {
  const around = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(
      fc.string({ minLength: shortestSecret, maxLength: 60, unit: "binary" }),
      around,
      around,
      (secret, before, after) => {
        for (const form of encodings(secret)) expect(masked(secret, before + form + after)).not.toContain(form);
      },
    ),
    { numRuns: 30 },
  );
});

test("hides a secret behind any bytes in base64", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 40 }),
      fc.string({ maxLength: 9 }),
      fc.string({ maxLength: 9 }),
      (secret, before, after) => {
        expect(masked(secret, Buffer.from(before + secret + after).toString("base64"))).toContain("[secret it]");
      },
    ),
    { numRuns: 150 },
  );
});

const few = fc.array(fc.string({ minLength: 6, maxLength: 9, unit: fc.constantFrom("a", "b") }), {
  minLength: 1,
  maxLength: 4,
});

test("a stream cut anywhere prints what the whole text would", () => {
  fc.assert(
    fc.property(
      few,
      fc.array(fc.string({ maxLength: 14, unit: fc.constantFrom("a", "b", "c") }), { maxLength: 8 }),
      (secrets, chunks) => {
        const masker = createMasker();
        for (const secret of secrets) masker.secret(secret);
        const stream = masker.stream();
        const out = chunks.map((chunk) => stream.write(chunk)).join("") + stream.end();
        expect(out).toBe(masker.mask(chunks.join("")));
      },
    ),
    { numRuns: 500 },
  );
});

test("a stream never prints any encoding of a secret, cut at random places", () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.string({ minLength: 6, maxLength: 40 }), cuts, (secret, places) => {
      const masker = createMasker();
      masker.secret(secret);
      for (const form of encodings(secret)) {
        const text = `x ${form} y`;
        const ends = [0, ...places.map((place) => place % text.length), text.length].toSorted((a, b) => a - b);
        const stream = masker.stream();
        const out =
          ends
            .slice(1)
            .map((end, at) => stream.write(text.slice(ends[at], end)))
            .join("") + stream.end();
        expect(out).not.toContain(form);
      }
    }),
    { numRuns: 40 },
  );
});

test("a stream passes on at once what cannot be the beginning of a secret", () => {
  const masker = createMasker();
  masker.secret("supersecret", "key");
  const stream = masker.stream();
  expect(stream.write("plain line\nsup")).toBe("plain line\n");
  expect(stream.write("ersecret!")).toBe("[secret key]!");
  expect(stream.write("super")).toBe("");
  expect(stream.end()).toBe("super");
});

test("two secrets that overlap are hidden as one, so that no end of either shows", () => {
  const masker = createMasker();
  masker.secret("abcdef123456");
  masker.secret("123456uvwxyz");
  expect(masker.mask("<abcdef123456uvwxyz>")).toBe("<[secret]>");
});

test("a short secret is hidden where it is the whole text, and leaves other texts readable", () => {
  expect(masked("abc", "abc")).toBe("[secret it]");
  expect(masked("abc", "abcd abc")).toBe("abcd abc");
});

test("an empty secret hides nothing", () => {
  expect(masked("", "text")).toBe("text");
});

test("hides each line of a private key, not its first and last", () => {
  const pem = `-----BEGIN KEY-----\n${"MIIEvQIBADANBgkqhkiG".repeat(2)}\n-----END KEY-----\n`;
  expect(masked(pem, `x\n-----BEGIN KEY-----\r\n${"MIIEvQIBADANBgkqhkiG".repeat(2)}\r\n`)).toBe(
    "x\n-----BEGIN KEY-----\r\n[secret it]\r\n",
  );
});

test("remembers the secrets used last when there are too many, and hides all of those", () => {
  const masker = createMasker({ capacity: 3 });
  for (const name of ["one", "two", "three"]) masker.secret(`secret-${name}`, name);
  masker.reveal(new Secret("secret-one"));
  masker.secret("secret-four", "four");
  expect(masker.mask("secret-one secret-two secret-three secret-four")).toBe(
    "[secret one] secret-two [secret three] [secret four]",
  );
});

test("remembers only so many texts that are open to all: one that was not met for long is a secret again when it is called one", () => {
  const masker = createMasker({ capacity: 3 });
  for (const name of ["one", "two", "three", "one", "four"]) masker.exempt(`public-${name}`);
  for (const name of ["one", "two", "three", "four"]) masker.secret(`public-${name}`, name);
  expect(masker.mask("public-one public-two public-three public-four")).toBe(
    "public-one [secret two] public-three public-four",
  );
});

test("hides a secret that another copy of the kit made, once it is revealed for use", () => {
  const masker = createMasker();
  expect(masker.reveal(new Secret("made elsewhere"))).toBe("made elsewhere");
  expect(masker.mask("made elsewhere")).toBe("[secret]");
});

test("knows whether a text holds a secret that is long enough not to be chance", () => {
  const masker = createMasker();
  masker.secret("postgres");
  masker.secret("long-enough-secret");
  expect(masker.holdsSecret("--user=postgres")).toBe(false);
  expect(masker.holdsSecret("--token=long-enough-secret")).toBe(true);
});

test("a secret's name cannot break the JSON or the line it is shown in", () => {
  const masker = createMasker();
  masker.secret("some secret", `a"b\nc`);
  expect(JSON.parse(masker.mask('{"x":"some secret"}'))).toEqual({ x: "[secret a?b?c]" });
});

function jwt(n: number): string {
  return `eyJhbGciOiJSUzI1NiJ9.${"eyJzdWIiOiJhIn0".repeat(20)}.${Buffer.from(`signature ${n}`.repeat(20)).toString("base64url")}`;
}

test("masks a megabyte with two thousand JWTs in mind in well under a second", () => {
  const masker = createMasker();
  for (let n = 0; n < 2000; n += 1) masker.secret(jwt(n));
  const text = `${"eyJhbGciOiJSUzI1NiJ9 is how they all begin; ".repeat(24_000)}${jwt(1234)}`;
  const start = performance.now();
  expect(masker.mask(text).endsWith("begin; [secret]")).toBe(true);
  expect(performance.now() - start).toBeLessThan(1000);
});
