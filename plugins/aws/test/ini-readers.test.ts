import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { parseKnownFiles } from "@smithy/shared-ini-file-loader";
import { createTestContext } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editIni } from "../src/ini/edit.ts";
import type { AwsContext } from "../src/options.ts";
import { readProfiles } from "../src/source/profile.ts";
import { freshDirectory } from "./support/call.ts";

type Profiles = Readonly<Awaited<ReturnType<typeof parseKnownFiles>>>;
type Format = "credentials" | "config";

const hasBotocore = spawnSync("python3", ["-c", "import botocore"]).status === 0;

/** All profiles of each file by the parser itself; null where it refuses the file. */
const program = `
import json, sys
from botocore import configloader
from botocore.exceptions import ConfigParseError
def read(path, format):
    try:
        parsed = configloader.raw_config_parse(path)
        return configloader.build_profile_map(parsed)["profiles"] if format == "config" else parsed
    except ConfigParseError:
        return None
print(json.dumps([read(*line.rstrip("\\n").split("\\t")) for line in sys.stdin]))
`;

interface File {
  readonly path: string;
  readonly format: Format;
}

/** What an SDK finds in each file; undefined where it refuses the file. */
interface Sdk {
  readonly name: string;
  readonly missing: string | false;
  readonly readAll: (files: readonly File[]) => readonly (Profiles | undefined)[];
}

const sdks: readonly Sdk[] = [
  {
    name: "botocore",
    missing: !hasBotocore && "botocore is not installed",
    readAll(files) {
      const input = files.map(({ path, format }) => `${path}\t${format}`).join("\n");
      const { stdout, stderr, status } = spawnSync("python3", ["-c", program], { input, maxBuffer: 1 << 28 });
      if (status !== 0) throw new Error(stderr.toString());
      return (JSON.parse(stdout.toString()) as (Profiles | null)[]).map((profiles) => profiles ?? undefined);
    },
  },
  {
    name: "the SDK for JavaScript",
    missing: false,
    readAll: byJavascript,
  },
];

/** In a process of its own: this one resolves packages in a way that the SDK's are not made for. */
const javascript = `
const { loadSharedConfigFiles, parseKnownFiles } = require("@smithy/shared-ini-file-loader");
const ask = { files: loadSharedConfigFiles, known: parseKnownFiles }[process.argv[1]];
const lines = require("node:fs").readFileSync(0, "utf8").split("\\n").map((line) => line.split("\\t"));
Promise.all(lines.map(([configFilepath, filepath]) => ask({ configFilepath, filepath, ignoreCache: true }))).then((all) => console.log(JSON.stringify(all)));
`;

interface Pair {
  readonly config: string;
  readonly credentials: string;
}

function askJavascript(what: "files" | "known", pairs: readonly Pair[]): readonly Readonly<Record<string, Profiles>>[] {
  const input = pairs.map(({ config, credentials }) => `${config}\t${credentials}`).join("\n");
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", javascript, what], {
    input,
    maxBuffer: 1 << 28,
    cwd: import.meta.dirname,
    env: {},
  });
  if (status !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString()) as readonly Readonly<Record<string, Profiles>>[];
}

function byJavascript(files: readonly File[]): readonly Profiles[] {
  const pairs = files.map(({ path, format }) =>
    format === "config" ? { config: path, credentials: "/dev/null" } : { config: "/dev/null", credentials: path },
  );
  const found = askJavascript("files", pairs);
  return found.map((each, index) => each[files[index]?.format === "config" ? "configFile" : "credentialsFile"] ?? {});
}

const key = fc.constantFrom(
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_security_token",
  "aws_account_id",
  "region",
  "Region",
  "role_arn",
  "s3",
);
const line = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom("", "", "", "  ", "\t", "    "),
        key,
        fc.constantFrom("=", " = ", ":", " : "),
        fc.constantFrom("old", "AKIAOLD", "a b", "x # c", "x ;c", "", "a=b"),
      )
      .map((parts) => parts.join("")),
  },
  fc.constantFrom(
    "",
    "  ",
    "# note",
    "  ; note",
    "no setting",
    "  no setting",
    "[broken",
    "[other] # c",
    "[x] y",
    "[a]#b",
  ),
);
const header = fc.constantFrom(
  "[default]",
  "[app]",
  "[profile app]",
  '[profile "app"]',
  "[ app ]",
  "[app] # c",
  "[profile  app]",
  "[other]",
  "[sso-session app]",
  "[services s]",
);
const file = fc
  .tuple(
    fc.array(fc.tuple(header, fc.array(line, { maxLength: 6 })), { maxLength: 3 }),
    fc.constantFrom("\n", "\n", "\r\n"),
    fc.boolean(),
  )
  .map(([sections, end, last]) => sections.flatMap(([head, body]) => [head, ...body]).join(end) + (last ? end : ""));

const session = { aws_access_key_id: "ASIANEW", aws_secret_access_key: "n/e+w=", aws_session_token: "tok==" };
const edit = fc.record({
  text: file,
  format: fc.constantFrom<Format>("credentials", "config"),
  values: fc.constantFrom<Readonly<Record<string, string>>>(
    session,
    { region: "eu-west-1" },
    { ...session, region: "r", aws_account_id: "1" },
  ),
});

const voided = ["aws_security_token", "aws_account_id", "x_security_token_expires"];

function edited(text: string, format: Format, values: Readonly<Record<string, string>>): Buffer | undefined {
  try {
    return editIni(Buffer.from(text), format === "config" ? "profile app" : "app", values);
  } catch {
    return undefined;
  }
}

/** Files as people have them. */
const real: readonly { readonly name: string; readonly text: string; readonly format: Format }[] = [
  { name: "none at all", text: "", format: "credentials" },
  {
    name: "what `aws configure` writes",
    text: "[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n[app]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n",
    format: "credentials",
  },
  {
    name: "what saml2aws writes",
    text: "[app]\naws_access_key_id        = ASIAOLD\naws_secret_access_key    = old\naws_session_token        = old\naws_security_token       = old\nx_principal_arn          = arn:aws:sts::1:assumed-role/x/y\nx_security_token_expires = 2026-01-01T00:00:00+01:00\n",
    format: "credentials",
  },
  {
    name: "an indented body",
    text: "[default]\n  region = us-east-1\n\n[profile app]\n  region = eu-central-1\n  output = json\n\n[profile z]\n  region = x\n",
    format: "config",
  },
  {
    name: "a block in an indented body",
    text: "[profile app]\n  region = eu-central-1\n  s3 =\n    max_concurrent_requests = 20\n    addressing_style = path\n",
    format: "config",
  },
  {
    name: "a block at the end",
    text: "[profile app]\nregion = eu-central-1\ns3 =\n  addressing_style = path\n\n[sso-session corp]\nsso_region = x\n",
    format: "config",
  },
  {
    name: "CR LF and comments",
    text: "# mine\r\n[app] # prod\r\nregion=x ; here\r\n\r\n; end\r\n[z]\r\na=1\r\n",
    format: "credentials",
  },
];

describe.for(sdks)("$name", ({ missing, readAll }) => {
  function faults(
    cases: readonly {
      readonly text: string;
      readonly format: Format;
      readonly values: Readonly<Record<string, string>>;
    }[],
  ) {
    const directory = freshDirectory();
    const written = cases.flatMap(({ text, format, values }, index) => {
      const bytes = edited(text, format, values);
      if (bytes === undefined) return [];
      const [before, after] = [`${directory}/${index}.before`, `${directory}/${index}.after`];
      writeFileSync(before, text);
      writeFileSync(after, bytes);
      return [
        {
          text,
          format,
          values,
          after: bytes.toString(),
          files: [
            { path: before, format },
            { path: after, format },
          ],
        },
      ];
    });
    const found = readAll(written.flatMap(({ files }) => files));
    const wrong = written.flatMap(({ text, after, values }, index) => {
      const [was, is] = found.slice(2 * index, 2 * index + 2);
      const fault = faultIn(was, is, values);
      return fault === undefined ? [] : [{ fault, text, after, was, is }];
    });
    return { written: written.length, wrong };
  }

  test("finds the keys in files as people have them", (context) => {
    if (missing !== false) context.skip(missing);
    const { written, wrong } = faults(real.map((each) => ({ ...each, values: session })));
    expect(wrong).toEqual([]);
    expect(written).toBe(real.length);
  });

  test(
    "finds after an edit what it found before, and the new values, whatever the file",
    { timeout: 60_000 },
    (context) => {
      if (missing !== false) context.skip(missing);
      const cases = fc.sample(edit, { numRuns: 3000, seed: 8_2026 });
      const { written, wrong } = faults(cases);
      expect(wrong).toEqual([]);
      expect(written).toBeGreaterThan(cases.length / 4);
    },
  );
});

function faultIn(
  was: Profiles | undefined,
  is: Profiles | undefined,
  values: Readonly<Record<string, string>>,
): string | undefined {
  if (was === undefined) return undefined;
  if (is === undefined) return "refused";
  const bad = Object.keys(values).find((name) => is["app"]?.[name] !== values[name]);
  if (bad !== undefined) return `${bad} is ${String(is["app"]?.[bad])}`;
  const left = voided.find(
    (name) => "aws_access_key_id" in values && !(name in values) && is["app"]?.[name] !== undefined,
  );
  if (left !== undefined) return `${left} is left`;
  return JSON.stringify(others(was, values)) === JSON.stringify(others(is, values)) ? undefined : "others";
}

/** Everything but what the edit is about. */
function others(profiles: Profiles, values: Readonly<Record<string, string>>): unknown {
  const ours = new Set([...Object.keys(values), ...("aws_access_key_id" in values ? voided : [])]);
  const kept = Object.entries(profiles).map(([name, settings]) => {
    const all = Object.entries(settings).filter(([setting]) => name !== "app" || !ours.has(setting));
    return [name, Object.fromEntries(all.toSorted(([one], [other]) => (one < other ? -1 : 1)))] as const;
  });
  return Object.fromEntries(
    kept
      .filter(([, settings]) => Object.keys(settings).length > 0)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

const compared = [
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "region",
  "role_arn",
  "source_profile",
];

test.skipIf(!hasBotocore)("the source reads what both SDKs read where they agree", { timeout: 60_000 }, async () => {
  const directory = freshDirectory();
  const files = fc.sample(fc.tuple(file, file), { numRuns: 1500, seed: 9_2026 });
  const paths = files.map(([config, credentials], index) => {
    const [configFile, credentialsFile] = [`${directory}/${index}.config`, `${directory}/${index}.credentials`];
    writeFileSync(configFile, config);
    writeFileSync(credentialsFile, credentials);
    return { configFile, credentialsFile };
  });
  const byBotocore = sdks[0]!.readAll(
    paths.flatMap(({ configFile, credentialsFile }): readonly File[] => [
      { path: configFile, format: "config" },
      { path: credentialsFile, format: "credentials" },
    ]),
  );
  const known = askJavascript(
    "known",
    paths.map(({ configFile, credentialsFile }) => ({ config: configFile, credentials: credentialsFile })),
  );
  const ctx = createTestContext() as unknown as AwsContext;
  const wrong: unknown[] = [];
  let agreed = 0;
  for (const [index, { configFile, credentialsFile }] of paths.entries()) {
    const [config, credentials] = byBotocore.slice(2 * index, 2 * index + 2);
    if (config === undefined || credentials === undefined) continue;
    const python = { ...config["app"], ...credentials["app"] };
    const ours = (await readProfiles({ configFile, credentialsFile }, ctx)).get("app") ?? {};
    for (const name of compared) {
      if (python[name] !== known[index]?.["app"]?.[name] || python[name] === "") continue;
      agreed += 1;
      if (ours[name] !== python[name])
        wrong.push({ name, wanted: python[name], ours: ours[name], files: files[index] });
    }
  }
  expect(wrong).toEqual([]);
  expect(agreed).toBeGreaterThan(1000);
});
