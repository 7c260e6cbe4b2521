import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEnvFile } from "../src/env-file.ts";

const docker = { dialect: "docker", path: ".env", environment: { HOME: "/root" } } as const;
const compose = { ...docker, dialect: "compose" } as const;

describe("an env file", () => {
  test("is taken to the letter by docker's rules, quotes included", () => {
    const text = "# comment\n\nA=1\r\nB='quoted'\nC=a=b#c\n  D=x \nHOME\nMISSING\nE=\n";
    expect(parseEnvFile(text, docker)).toEqual([
      ["A", "1"],
      ["B", "'quoted'"],
      ["C", "a=b#c"],
      ["D", "x "],
      ["HOME", "/root"],
      ["E", ""],
    ]);
  });

  test("loses its quotes by Compose's rules", () => {
    const text = "A='it # is'\nB=\"two words\" # why\nC=bare # why\nexport D=4\n";
    expect(parseEnvFile(text, compose)).toEqual([
      ["A", "it # is"],
      ["B", "two words"],
      ["C", "bare"],
      ["D", "4"],
    ]);
  });

  test.each(["A=$OTHER", 'A="a\\nb"', "A='open", "A=`x`", 'A="$X"'])(
    "is refused where only Compose knows what is meant: %s",
    (text) => {
      expect(() => parseEnvFile(text, compose)).toThrow("line 1 of .env");
    },
  );

  test("gives back any value that the dotenv sink writes, bare or in single quotes", () => {
    const character = constantFrom(...Array.from('abcXYZ019_@%+=:,./- #"!?*(){}[]<>|&;~^'));
    assert(
      property(string({ unit: character }), (value) => {
        expect(parseEnvFile(`KEY='${value}'\n`, compose)).toEqual([["KEY", value]]);
        const bare = value.replaceAll(/[^A-Za-z0-9_@%+=:,./-]/g, "");
        expect(parseEnvFile(`KEY=${bare}\n`, docker)).toEqual([["KEY", bare]]);
        expect(parseEnvFile(`KEY=${bare}\n`, compose)).toEqual([["KEY", bare]]);
      }),
    );
  });
});
