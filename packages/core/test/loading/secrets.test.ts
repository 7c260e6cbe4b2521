import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderDiagnostics } from "../../src/loading/render-diagnostics.ts";
import { edited, load } from "./load.ts";
import { soundSpec } from "./sample-plugins.ts";

const canary = "hunter2-canary";

async function shown(text: string): Promise<string> {
  const { diagnostics } = await load(text);
  expect(diagnostics.length).toBeGreaterThan(0);
  return renderDiagnostics(diagnostics) + JSON.stringify(diagnostics);
}

const secretOption = "{ file: secrets/dbx }";

describe("a literal that may be a secret is never shown:", () => {
  test.each([
    ["at the place of a secret", edited([secretOption, canary])],
    ["quoted", edited([secretOption, `"${canary}"`])],
    [
      "as a block",
      edited(
        [`clientSecret: ${secretOption} }`, "clientSecret: {} }"],
        ["version: 1", `x-s: |\n  ${canary}\nversion: 2`],
      ),
    ],
    ["as a key without its quotes", edited([secretOption, `{ ${canary} }`])],
    ["as a list", edited([secretOption, `[${canary}]`])],
    ["under a misspelt reference", edited([secretOption, `{ literal: ${canary} }`])],
    ["as the name of a variable", edited([secretOption, `{ env: ${canary} }`])],
    ["under a misspelt option", edited(["clientSecret: { file: secrets/dbx }", `clientSecrt: ${canary}`])],
    ["under a misspelt method", edited(["method: oauth-m2m", "method: oath"], [secretOption, canary])],
    ["under an unknown provider type", edited(["type: cloud-token", "type: cloud"], [secretOption, canary])],
    ["under an unknown key of the spec", `${soundSpec}password: ${canary}\n`],
    [
      "next to another fault",
      edited(
        ["    host: { env: CLOUD_HOST }\n", ""],
        [
          "auth: { method: oauth-m2m, clientId: { env: CLIENT_ID }, ",
          `auth: { bad: 1, method: oauth-m2m, clientId: { env: CLIENT_ID }, `,
        ],
        [secretOption, canary],
      ),
    ],
    ["in a comment next to a fault", edited(["name: demo", `nam: demo # was ${canary}`])],
    [
      "as a password in a URL",
      edited(["host: { env: CLOUD_HOST }", `host: "https://user:${canary}@x.example.com"\n    bad: 1`]),
    ],
    ["in a probe", edited(['password: "{{ token }}"', `password: ${canary}`])],
    ["behind an anchor", edited(["version: 1", `x-s: &s ${canary}\nversion: 1`], [secretOption, "*s"])],
    ["that begins with an asterisk", edited([secretOption, `*${canary} `])],
    ["that begins with an ampersand", edited([secretOption, `&${canary} `])],
    ["that begins with an exclamation mark", edited([secretOption, `!${canary} `])],
    ["with a tag of its own", edited([secretOption, `!${canary} x`])],
    ["as a tagged item", edited([secretOption, `[!${canary} x, &${canary} y, *${canary} ]`])],
    ["on a line that is not YAML", edited([secretOption, `"${canary}`])],
    ["before a line that is not YAML", edited(["    auth:", `    token: ${canary}\n    auth: ]\n    was:`])],
    ["with two documents", `${soundSpec}---\npassword: ${canary}\n`],
    [
      "in an alarm's address",
      `${soundSpec}notify: [{ type: http, url: "https://hooks.example.com/${canary}", on: [bad] }]\n`,
    ],
    [
      "in one long line of JSON",
      JSON.stringify({ version: 2, providers: { p: { type: "cloud-token", token: canary } }, rotations: {} }),
    ],
  ])("%s", async (_where, text) => {
    expect(await shown(text)).not.toContain("hunter2");
  });

  test("anywhere in a broken file", async () => {
    const insertion = fc.tuple(
      fc.nat(soundSpec.length),
      fc.constantFrom(
        `${canary}"`,
        `'${canary}`,
        `] ${canary}`,
        `{${canary}: [`,
        `\n\t${canary}`,
        `&${canary} *${canary} `,
      ),
    );
    await fc.assert(
      fc.asyncProperty(insertion, async ([place, text]) => {
        const { diagnostics } = await load(soundSpec.slice(0, place) + text + soundSpec.slice(place));
        const broken = diagnostics.filter(({ message }) => message.startsWith("invalid YAML"));
        const keyless = renderDiagnostics(broken)
          .split("\n")
          .filter((row) => !/hunter2-canary[\w.-]*["']?\s*:/.test(row));
        expect(keyless.join("\n")).not.toContain("hunter2");
      }),
      { numRuns: 300 },
    );
  });
});

test("what is not secret is shown, so that the frame helps", async () => {
  const frames = await shown(edited(["path: .env", "path: .env\n        mode: 0640"]));
  expect(frames).toContain("path: .env");
  expect(frames).toContain("mode: 0640");
});
