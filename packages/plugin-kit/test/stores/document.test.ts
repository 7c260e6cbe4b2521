import { errorOf, sinkValues } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkKeys, placedIn, readFrom } from "@rotate/plugin-kit/stores";

function placed(before: string | undefined, texts: Readonly<Record<string, string>>): string {
  return placedIn("json", before, sinkValues(texts));
}

describe("a value among the members of a JSON object", () => {
  test.each([
    ["a new secret", undefined, '{"password":"new"}'],
    ["an empty text", "", '{"password":"new"}'],
    ["an empty object", "{ }", '{"password":"new" }'],
    ["on one line", '{"user":"app","password":"old"}', '{"user":"app","password":"new"}'],
    ["with blanks", '{ "user" : "app", "password" : "old" }', '{ "user" : "app", "password" : "new" }'],
    ["added on one line", '{"user":"app"}', '{"user":"app","password":"new"}'],
    ["added on a line of its own", '{\n  "user": "app"\n}\n', '{\n  "user": "app",\n  "password": "new"\n}\n'],
    ["in place of a number", '{"password":12345678901234567890}', '{"password":"new"}'],
    [
      "beside what we would write otherwise",
      '{"n":1.0,"u":"\\u0041","password":"old"}',
      '{"n":1.0,"u":"\\u0041","password":"new"}',
    ],
    [
      "beside objects that have such a key",
      '{"a":{"password":"}"},"b":["]","{"]}',
      '{"a":{"password":"}"},"b":["]","{"],"password":"new"}',
    ],
    ["written otherwise already", '{"password":"n\\u0065w"}', '{"password":"n\\u0065w"}'],
  ])("%s", (_name, before, after) => {
    expect(placed(before, { password: "new" })).toBe(after);
  });

  test("a key that stands there twice, and a text that is no object, are refused without a word of them", async () => {
    const cases = [
      '{"password":"s3cret","password":"s3cret"}',
      '["s3cret"]',
      "s3cret",
      '"s3cret"',
      "null",
      '{"s3cret"',
    ];
    for (const text of cases) {
      const error = await errorOf(Promise.resolve().then(() => placed(text, { password: "new" })));
      expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.any(String) });
      expect(`${error.message} ${error.hint}`).not.toContain("s3cret");
    }
  });

  test("whatever is in it, exactly our members change, and are read back", () => {
    const tree = fc.jsonValue({ maxDepth: 2 });
    const keys = fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.dictionary(keys, tree, { maxKeys: 5 }),
        fc.dictionary(keys, fc.string({ unit: "grapheme" }), { minKeys: 1, maxKeys: 3 }),
        fc.constantFrom(undefined, 1, "\t"),
        (others, ours, indent) => {
          const before = JSON.stringify(others, undefined, indent);
          const after = placed(before, ours);
          expect(JSON.parse(after)).toEqual(JSON.parse(JSON.stringify({ ...others, ...ours })));
          expect({ ...readFrom("json", after, Object.keys(ours)) }).toEqual({ ...ours });
          expect(placed(after, ours)).toBe(after);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test("with the format `value` the secret is the value", async () => {
  expect(placedIn("value", "old", sinkValues({ value: "new" }))).toBe("new");
  expect(readFrom("value", "new", ["value"])).toEqual({ value: "new" });
  for (const keys of [["password"], ["value", "password"]]) {
    expect(await errorOf(Promise.resolve().then(() => checkKeys("value", keys)))).toMatchObject({ code: "INVALID" });
  }
});
