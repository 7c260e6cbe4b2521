import { writeFileSync } from "node:fs";
import { createTestContext, sinkValues } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { awsCredentials } from "../src/aws-credentials.ts";
import { editIni, readIni } from "../src/ini/edit.ts";
import { revertIni } from "../src/ini/revert.ts";
import { scanIni } from "../src/ini/scan.ts";
import { freshDirectory } from "./support/call.ts";

function edit(text: string | undefined, name: string, values: Readonly<Record<string, string>>): string {
  return editIni(text === undefined ? undefined : Buffer.from(text), name, values).toString();
}

const values = { aws_access_key_id: "ASIANEW", aws_secret_access_key: "s3cret", aws_session_token: "t0ken" };
const lines = "aws_access_key_id = ASIANEW\naws_secret_access_key = s3cret\naws_session_token = t0ken\n";

describe("a profile's keys", () => {
  test("are written into a file that is not there, or has no such profile", () => {
    expect(edit(undefined, "app", values)).toBe(`[app]\n${lines}`);
    expect(edit("# mine", "app", values)).toBe(`# mine\n\n[app]\n${lines}`);
    expect(edit("[x]\r\na=1\r\n", "app", { region: "r" })).toBe("[x]\r\na=1\r\n\r\n[app]\r\nregion = r\r\n");
  });

  test("take their places, and all else stays byte for byte", () => {
    const before =
      "; head\n[default]\naws_access_key_id=AKIA # not ours\n\n[app]  # prod\nregion = eu-west-1\naws_access_key_id   =   OLD  \ns3 =\n  max = 10\n; tail of app\n\n[z]\nq: 1\n";
    expect(edit(before, "app", { aws_access_key_id: "NEW", aws_session_token: "T" })).toBe(
      "; head\n[default]\naws_access_key_id=AKIA # not ours\n\n[app]  # prod\nregion = eu-west-1\naws_access_key_id   =   NEW  \ns3 =\n  max = 10\naws_session_token = T\n; tail of app\n\n[z]\nq: 1\n",
    );
  });

  test.each([
    ["[app]\na=1\n[x]\n[app]\n", /section \[app\] stands twice in the file, on lines 1 and 4/],
    ["[app]\nregion=1\nREGION=2\n", /region stands twice in \[app\], on lines 2 and 3/],
    ["[app]\nregion=1\n  more\n", /goes on in the next line/],
    ["[app]\nregion: 1\n", /by a colon/],
    [" [app]\n", /indented/],
    ["[ app ]\n", /header of \[app\] on line 1 has blanks/],
    ["[app]\nREGION = old\n", /SDK for JavaScript would not find the new region/],
    ["[app]\ns3 =\n  region = old\nregion = x\n  more\n", /goes on in the next line/],
    ["\u{feff}[app]\n", /byte order mark/],
    ["[app]\0", /NUL/],
  ])("are refused where readers would not agree: %j", (text, message) => {
    expect(() => edit(text, "app", { region: "r" })).toThrow(message);
  });

  test("take their places in an indented body, and new ones go before a block", () => {
    const before = "[app]\n  region = r\n  s3 =\n    max = 10\n  # end\n[z]\n";
    expect(edit(before, "app", { region: "q", output: "json" })).toBe(
      "[app]\n  region = q\n  output = json\n  s3 =\n    max = 10\n  # end\n[z]\n",
    );
    expect(edit("[app]\n\tregion = r\n", "app", values)).toBe(
      `[app]\n\tregion = r\n${lines.replaceAll(/^/gm, "\t").replace(/\t$/, "")}`,
    );
  });

  test("make what belonged to the old key void", () => {
    const before =
      "[app]\naws_access_key_id = OLD\naws_security_token = OLD\naws_secret_access_key = OLD\naws_account_id = 111122223333\nx_security_token_expires = 2026-01-01T00:00:00Z\nregion = r\n";
    expect(edit(before, "app", values)).toBe(
      "[app]\naws_access_key_id = ASIANEW\naws_secret_access_key = s3cret\nregion = r\naws_session_token = t0ken\n",
    );
    expect(edit(before, "app", { ...values, aws_account_id: "444455556666" })).toContain(
      "aws_account_id = 444455556666\n",
    );
    expect(edit(before, "app", { region: "q" })).toBe(before.replace("region = r", "region = q"));
  });

  test("of a session are not written without its token", () => {
    expect(() => edit("", "app", { aws_access_key_id: "ASIANEW", aws_secret_access_key: "s" })).toThrow(
      /ASIA…\) is written into \[app\] without its aws_session_token/,
    );
    expect(edit("", "app", { aws_access_key_id: "AKIANEW", aws_secret_access_key: "s" })).toContain("AKIANEW");
  });

  test.each([
    "role_arn = arn:aws:iam::111122223333:role/app\nsource_profile = other",
    "sso_session = corp",
    "sso_account_id = 111122223333",
    "credential_process = /bin/x",
    "web_identity_token_file = /t",
    "login_session = arn:aws:iam::111122223333:user/x",
  ])("are not written where no SDK would look for them: beside %s", (line) => {
    const name = line.split(" ")[0];
    expect(() => edit(`[app]\n${line}\n`, "app", values)).toThrow(
      `[app] holds ${name}, and SDKs do not look at keys beside it`,
    );
    expect(edit(`[app]\n${line}\n`, "app", { region: "r" })).toBe(`[app]\n${line}\nregion = r\n`);
  });

  test("are written where a profile is the source of its own role", () => {
    const before = "[app]\nrole_arn = arn:aws:iam::111122223333:role/app\nsource_profile = app\n";
    expect(edit(before, "app", values)).toBe(before + lines);
  });

  test("are not written beside a session token of an older key", () => {
    const text = "[app]\naws_access_key_id = OLD\naws_session_token = OLD\n";
    expect(() => edit(text, "app", { aws_access_key_id: "NEW", aws_secret_access_key: "s" })).toThrow(
      /does|not written/,
    );
  });

  test("go back with what they made void, although somebody else wrote meanwhile", () => {
    const before = Buffer.from("[app]\naws_access_key_id = OLD\naws_security_token = OLD\n");
    const written = editIni(before, "app", values);
    const now = Buffer.from(`${written.toString()}\n[y]\nb = 2\n`);
    expect(revertIni(now, { before, written }, { name: "app", keys: Object.keys(values) }).toString()).toBe(
      "[app]\naws_security_token = OLD\naws_access_key_id = OLD\n\n[y]\nb = 2\n",
    );
  });

  test("go back, and their section with them, although somebody else wrote meanwhile", () => {
    const before = Buffer.from("[x]\na = 1\n");
    const written = editIni(before, "app", values);
    const now = Buffer.from(`${written.toString()}\n[y]\nb = 2\n`);
    const plan = { name: "app", keys: Object.keys(values) };
    expect(revertIni(now, { before, written }, plan).toString()).toBe("[x]\na = 1\n\n[y]\nb = 2\n");
    const theirs = Buffer.from(written.toString().replace("ASIANEW", "THEIRS"));
    expect(() => revertIni(theirs, { before, written }, plan)).toThrow(/changed by somebody else/);
  });
});

test("whatever the file, an edit reads back, leaves other sections alone, and a second edit changes nothing", () => {
  const name = fc.constantFrom("a", "b", "default", "profile c");
  const word = fc.stringMatching(/^[A-Za-z0-9+/=]{1,12}$/);
  const key = fc.constantFrom("aws_access_key_id", "region", "x_y", "output");
  const line = fc.oneof(
    fc.constantFrom("", "# note", "; note", "   "),
    fc.tuple(key, fc.constantFrom("=", " = ", "  ="), word).map((parts) => parts.join("")),
  );
  const section = fc.tuple(name, fc.uniqueArray(line, { maxLength: 5, selector: (text) => text.split(/ *=/)[0] }));
  const file = fc.tuple(
    fc.uniqueArray(section, { maxLength: 4, selector: ([head]) => head }),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
  );
  fc.assert(
    fc.property(file, name, fc.dictionary(key, word, { minKeys: 1 }), ([sections, end, ended], target, wanted) => {
      const whole = sections.flatMap(([head, body]) => [`[${head}]`, ...body]).join(end) + (ended ? end : "");
      const next = editIni(Buffer.from(whole), target, wanted);
      expect(readIni(next, target, Object.keys(wanted))).toEqual({ ...wanted });
      expect(editIni(next, target, wanted).equals(next)).toBe(true);
      const others = (text: string) =>
        scanIni(text)
          .filter((each) => each.name !== target)
          .map((each) => [
            each.name,
            each.entries.map(({ valueStart, valueEnd, key: k }) => [k, text.slice(valueStart, valueEnd)]),
          ]);
      expect(others(next.toString())).toEqual(others(whole));
    }),
  );
});

function targetOf(options: object): string {
  return awsCredentials.target({ format: "credentials", profile: "default", ...options });
}

test("two profiles of one file are two targets; a config file names its sections otherwise", () => {
  expect(targetOf({ path: "/h/c" })).toBe("/h/c [default]");
  expect(targetOf({ path: "/h/c", profile: "app" })).toBe("/h/c [app]");
  expect(targetOf({ path: "/h/c", profile: "app", format: "config" })).toBe("/h/c [profile app]");
  expect(targetOf({ path: "/h/c", format: "config" })).toBe("/h/c [default]");
});

function check(directory: string, samples: Readonly<Record<string, string>>, options: object = {}) {
  const path = `${directory}/credentials`;
  const ctx = createTestContext({ schema: awsCredentials.options, options: { path, profile: "app", ...options } });
  const asked = { ...ctx, keys: Object.keys(samples), samples: sinkValues(samples) };
  return { ctx, done: awsCredentials.check?.(asked) };
}

describe("before the mint", () => {
  const id = { aws_access_key_id: "ASIASAMPLE", aws_secret_access_key: "sample", aws_session_token: "sample" };

  test("a key that would be refused by every service is found by its sample", async () => {
    const { aws_session_token: _, ...half } = id;
    const { done } = check(freshDirectory(), half);
    await expect(done).rejects.toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("without its aws_session_token") as string,
    });
  });

  test("a file that would be read otherwise is found", async () => {
    const directory = freshDirectory();
    writeFileSync(`${directory}/credentials`, "[app]\nrole_arn = x\n");
    await expect(check(directory, id).done).rejects.toMatchObject({
      message: expect.stringContaining("[app] holds role_arn") as string,
    });
  });

  test("a role in the config file beside it is a warning", async () => {
    const directory = freshDirectory();
    writeFileSync(`${directory}/config`, "[profile app]\nrole_arn = x\nsource_profile = y\n");
    const { ctx, done } = check(directory, id);
    await done;
    expect(ctx.logs.filter(({ level }) => level === "warn")).toMatchObject([
      { fields: { path: `${directory}/config`, setting: "role_arn" } },
    ]);
  });
});
