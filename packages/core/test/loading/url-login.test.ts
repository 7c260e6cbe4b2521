import { describe, expect, test } from "vitest";
import { loginFaults } from "../../src/loading/url-login.ts";
import { edited, told } from "./load.ts";

const sound = "postgres://svc:{{ token | uri_component }}@db.example.com/app";
const withUrl = (url: string) => told(edited([`"${sound}"`, JSON.stringify(url)]));
const at = "rotations.db.sinks[0].values.DATABASE_URL";

describe("before the @ of a URL", () => {
  test.each([
    [
      "url_encode, which writes a blank as a plus",
      "postgres://svc:{{ token | url_encode }}@db/app",
      `the filter "url_encode" does not make a login of a URL: before the @ it leaves signs that are read as something else (did you mean "uri_component"?)`,
    ],
    [
      "uri_escape, which leaves an @ as it is",
      "postgres://svc:{{ token | uri_escape }}@db/app",
      `the filter "uri_escape" does not make a login of a URL: before the @ it leaves signs that are read as something else (did you mean "uri_component"?)`,
    ],
    [
      "a bare field",
      "postgres://svc:{{ token }}@db/app",
      `"token" stands before the @ of a URL without being encoded: a sign such as @ or / in it would break the URL (write {{ token | uri_component }})`,
    ],
    [
      "a field that is only made upper case",
      "postgres://svc:{{ token | upcase }}@db/app",
      `"token" stands before the @ of a URL without being encoded: a sign such as @ or / in it would break the URL (write {{ token | upcase | uri_component }})`,
    ],
  ])("%s is refused when the spec is loaded", async (_, url, expected) => {
    expect(await withUrl(url)).toEqual([expect.stringMatching(/^22:\d+ /)]);
    expect((await withUrl(url)).map((line) => line.replace(/^\S+ /, ""))).toEqual([`${at}: ${expected}`]);
  });

  test.each([
    "postgres://svc:{{ token | uri_component }}@db/app",
    "https://db/app?token={{ token }}&to=me@example.com",
    "https://{{ token }}.example.com/@me",
    "{{ token }}@example.com",
    "https://x:{{ token | replace: '/', '%2F' }}@db",
    "see https://example.com and mail {{ token }}@example.com",
  ])("what is encoded, or stands elsewhere, is taken: %s", async (url) => {
    expect(await withUrl(url)).toEqual([]);
  });

  test("both halves of a login are looked at, in every URL of the text", () => {
    const source = "a://{{ user }}:{{ token | uri_component }}@x b://y:{{token|url_encode}}@z";
    expect(loginFaults(source, undefined).map(({ word }) => word)).toEqual(["user", "url_encode"]);
  });

  test("an entry of a list is taken where it needs no encoding or has it already", () => {
    const each = { user: "svc%40example.com", mail: "svc@example.com" };
    expect(loginFaults("a://{{ each.user }}:{{ token | uri_component }}@x", each)).toEqual([]);
    expect(loginFaults("a://{{ each.mail }}@x", each).map(({ word }) => word)).toEqual(["each.mail"]);
  });
});
