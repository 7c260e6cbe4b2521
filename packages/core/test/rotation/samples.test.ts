import type { Fields } from "@rotate/plugin-kit";
import { describe, expect, test } from "vitest";
import { samplesOf } from "../../src/rotation/samples.ts";
import { createLiquidParser } from "../../src/loading/liquid.ts";
import { templateOf } from "../../src/loading/compile/bind-template.ts";

const fields: Fields = {
  token: { secret: true, description: "", example: "a b/c" },
  user: { secret: false, description: "" },
  key: { secret: true, description: "", multiline: true },
  note: { secret: false, description: "", optional: true },
};
const parse = createLiquidParser();

function sample(source: string): string | undefined {
  const parsed = parse(source);
  if ("message" in parsed) throw new Error(parsed.message);
  return samplesOf({ values: { X: templateOf(source, parsed, { id: "acme" }) } }, fields)["X"]?.reveal();
}

describe("a sample of what a sink will write", () => {
  test.each([
    ["{{ token }}", "a b/c"],
    ["postgres://{{ user }}:{{ token | uri_component }}@db", "postgres://sample:a%20b%2Fc@db"],
    ["pa$${{ token }}", "pa$$a b/c"],
    ["{{ key }}", "-----BEGIN SAMPLE-----\nc2FtcGxl\n-----END SAMPLE-----\n"],
    [
      "{{ key | base64_encode }}",
      Buffer.from("-----BEGIN SAMPLE-----\nc2FtcGxl\n-----END SAMPLE-----\n").toString("base64"),
    ],
    ["{{ lease.expiresAt }}", "2030-01-01T00:00:00.000Z"],
    ["{{ each.id }}-{{ note }}", "acme-sample"],
    ["{{ token | replace: '|', 'x' | upcase }}", "A B/C"],
    ["fixed", "fixed"],
  ])("has the shape that the template gives it: %s", (source, expected) => {
    expect(sample(source)).toBe(expected);
  });

  test.each([
    "{{ token | base64_decode }}",
    "{{ token | split: '.' | first }}",
    "{% if note %}{{ note }}{% endif %}",
    "{{ token | slice: 0, 3 }}",
  ])("is none where the template may make anything of the value: %s", (source) => {
    expect(sample(source)).toBeUndefined();
  });
});
