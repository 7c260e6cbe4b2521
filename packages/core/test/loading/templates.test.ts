import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLiquidParser } from "../../src/loading/liquid.ts";
import { parsePlainTemplate } from "../../src/loading/plain-template.ts";
import type { ParsedTemplate, ParseTemplate, TemplateVariables } from "../../src/loading/template.ts";
import { createTemplateParser } from "../../src/loading/templates.ts";

const lease = { issuedAt: "2030-01-01T00:00:00Z", expiresAt: "2030-01-01T01:00:00Z" };
const scope: TemplateVariables = {
  token: "a b/ü'\"%",
  user: "svc@example.com",
  path: String.raw`C:\x`,
  lease,
  each: { id: "acme", port: 5432, live: true },
};
const liquid = createLiquidParser();

function sound(parse: ParseTemplate, source: string): ParsedTemplate {
  const parsed = parse(source);
  if ("message" in parsed) throw new Error(parsed.message);
  return parsed;
}

function rendered(source: string, variables: TemplateVariables = scope): string {
  return sound((text) => parsePlainTemplate(text) ?? liquid(text), source).render(variables);
}

describe("a template", () => {
  test.each([
    ["{{ token }}", `a b/ü'"%`],
    ["{{token}}", `a b/ü'"%`],
    ["postgres://svc:{{ token | uri_component }}@db/app", "postgres://svc:a%20b%2F%C3%BC%27%22%25@db/app"],
    ["{{ user | base64_encode }}", "c3ZjQGV4YW1wbGUuY29t"],
    ["{{ token | base64_encode }}", Buffer.from(`a b/ü'"%`).toString("base64")],
    ['{"password":{{ token | json }}}', `{"password":"a b/ü'\\"%"}`],
    ["{{ token | json | uri_component }}", encodeURIComponent(`"a b/ü'\\"%"`).replaceAll("'", "%27")],
    ["*:*:*:*:{{ path | pgpass }}", String.raw`*:*:*:*:C\:\\x`],
    ["{{ path | pgpass | upcase }}", String.raw`C\:\\X`],
    ["{{ lease.expiresAt }}", lease.expiresAt],
    ["{{ each.id }}:{{ each.port }}", "acme:5432"],
    ["{% if extra %}x{% else %}none{% endif %}", "none"],
    ['{{ extra | default: "none" }}', "none"],
    ["{% for i in (1..3) %}{{ i }}{% endfor %}", "123"],
    ["{{ user | upcase | append: '!' }}", "SVC@EXAMPLE.COM!"],
    ["{% raw %}{{ not a template }}{% endraw %}", "{{ not a template }}"],
    ["no template } }} at all", "no template } }} at all"],
    ["", ""],
  ])("%s", (source, expected) => {
    expect(rendered(source)).toBe(expected);
  });

  test("whose field is missing is an error, never an empty text", () => {
    for (const source of ["x{{ extra }}", "x{{ extra | upcase }}", "{{ lease.extra }}"]) {
      expect(() => rendered(source)).toThrow(/names "(lease\.)?extra", which this credential does not have/);
    }
  });

  test("does not quote the credential when it cannot be rendered", () => {
    expect(() => rendered("{{ token | uri_component }}", { token: "hunter2\uD800", lease })).toThrow(
      expect.objectContaining({ code: "INVALID", message: expect.not.stringContaining("hunter2") as string }) as Error,
    );
  });

  test.each([
    ["a loop over a huge range", "{% for i in (1..100000000) %}x{% endfor %}"],
    [
      "loops in loops",
      "{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..1000) %}xxxx{% endfor %}{% endfor %}{% endfor %}",
    ],
    ["a text that doubles", `{% assign x = token %}${"{% assign x = x | append: x %}".repeat(40)}{{ x }}`],
    ["a result over 1 MiB", "{{ token }}{{ token }}"],
  ])("is bounded: %s", (_how, source) => {
    expect(() => rendered(source, { token: "x".repeat(600_000), lease })).toThrow(
      expect.objectContaining({ code: "INVALID" }) as Error,
    );
  });

  test.each([
    "{% include 'x' %}",
    "{% render 'x' %}",
    "{% layout 'x' %}",
    "{{ 'now' | date: '%s' }}",
    "{{ token | sample }}",
    "{% increment a %}",
    "{{ token | where_exp: 'a', 'b' }}",
  ])("cannot read files, the clock or chance: %s", (source) => {
    expect(liquid(source)).toHaveProperty("message");
  });
});

function outcome(template: ParsedTemplate): string {
  try {
    return template.render(scope);
  } catch (error) {
    return String(error);
  }
}

describe("the fast way without Liquid", () => {
  test("renders and names the same as Liquid, or leaves it to Liquid", () => {
    const names = fc.constantFrom(
      "token",
      "user",
      "lease.issuedAt",
      "each.id",
      "each.port",
      "each.live",
      "nil",
      "true",
      "token.size",
      "extra",
      "1x",
      "a-b",
      "",
    );
    const filters = fc
      .array(fc.constantFrom(" | uri_component", "|base64_encode", " | json ", "| pgpass", " | upcase", " |"), {
        maxLength: 3,
      })
      .map((all) => all.join(""));
    const output = fc
      .tuple(fc.constantFrom("{{", "{{ ", "{{-", "{{\n"), names, filters, fc.constantFrom("}}", " }}", "-}}", "}"))
      .map((all) => all.join(""));
    const text = fc.constantFrom("", "x", " ", "}}", "{", "{ {", "\n", "}", "%}", "'", "é");
    fc.assert(
      fc.property(fc.array(fc.oneof(output, text), { maxLength: 6 }), (pieces) => {
        const source = pieces.join("");
        const fast = parsePlainTemplate(source);
        if (fast === undefined) return;
        const slow = sound(liquid, source);
        expect(new Set(fast.variables.map(String))).toEqual(new Set(slow.variables.map(String)));
        expect(outcome(fast)).toEqual(outcome(slow));
      }),
      { numRuns: 5000 },
    );
  });

  test("is all that the usual templates take", async () => {
    const parse = await createTemplateParser(["{{ token | uri_component }}", "plain"]);
    expect(parse("{{ token }}")).not.toHaveProperty("message");
    expect(parse("{% if token %}x{% endif %}")).toHaveProperty("message");
  });
});
