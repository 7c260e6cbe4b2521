/** A week of a program's provider, by the packed command line. */
import { expect, test } from "vitest";
import { has, openScene } from "./support.ts";

test.skipIf(!has("python3"))(
  "a provider in Python is taken through a week by its harness, and the report tells of it",
  { timeout: 300_000 },
  async () => {
    const { rotate, read } = await openScene("");
    const { code, stdout } = await rotate("plugin", "test", "./acme.py", "--week", "--junit", "report.xml");
    expect(stdout).not.toContain("BROKEN");
    expect(code).toBe(0);
    const week = stdout.slice(stdout.indexOf("provider acme through a week"));
    expect(week.match(/^ {2}kept /gm)?.length).toBeGreaterThanOrEqual(7);
    expect(read("report.xml")).toContain('<property name="promise" value="week-alive"/>');
  },
);
