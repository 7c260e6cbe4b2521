/** Takes every type in the catalog through the package: each module that is loaded late is loaded here, and used. */
import { builtins } from "@rotate/builtins";
import { createCatalog, type Kind, kinds } from "@rotate/core";
import { postgresUnavailable } from "@rotate/doubles";
import { beforeAll, describe, expect, test } from "vitest";
import { missing, oldNodes, pathOf } from "../support/tools.ts";
import { choicesIn, isMade, saidBy } from "./types/choices.ts";
import { lateModules, play, type Played } from "./types/play.ts";
import type { Options, Row } from "./types/row.ts";
import { rows } from "./types/stage.ts";

const catalog = createCatalog(builtins);

/** What a row asks of parts of a kind. */
const partsOf: Readonly<Record<Kind, (row: Row) => readonly Options[]>> = {
  providers: ({ provider }) => (provider === undefined ? [] : [provider]),
  sinks: ({ sinks = [] }) => sinks,
  reloads: ({ reload = [] }) => reload,
  probes: ({ verify = [], health = [] }) => [...verify, ...health],
  notifiers: ({ notify = [] }) => notify,
  endpoints: ({ serve = {} }) => Object.values(serve),
  coordinators: ({ groups = {} }) => Object.values(groups),
};

/** Everything that the table says of a type. */
function saidOf(kind: Kind, type: string): ReadonlySet<string> {
  return new Set(
    Object.values(rows).flatMap((row) => {
      const parts = partsOf[kind](row).filter((part) => part.type === type);
      const requests = kind === "providers" && parts.length > 0 ? saidBy(row.request, "request") : [];
      return [...parts.flatMap((part) => saidBy(part, "options")), ...requests];
    }),
  );
}

describe("a table of every type, way to log in and format", () => {
  test.each(kinds.flatMap((kind) => catalog.types(kind).map((type) => [kind, type] as const)))(
    "has all of %s %s",
    async (kind, type) => {
      const part = await catalog.find(kind, type);
      if (part === undefined) throw new Error("no such type");
      const request = "request" in part && part.request !== undefined ? choicesIn(part.request, "request") : [];
      const said = saidOf(kind, type);
      const choices = [`options.type=${type}`, ...choicesIn(part.options, "options"), ...request];
      expect(choices.filter((choice) => !isMade(choice, said))).toEqual([]);
    },
  );
});

const noPostgres = postgresUnavailable();
const why = noPostgres === undefined ? "" : ` (${noPostgres})`;

const nodes = [
  { name: `Node ${process.version}`, path: process.execPath, lacking: undefined },
  ...oldNodes.map((tool) => ({ name: `Node v${tool.version}`, path: pathOf(tool), lacking: missing(tool) })),
];

/** All at once: they mostly wait, for what is tried again. */
const plays = new Map<string, Played>();
beforeAll(async () => {
  const here = nodes.filter(({ lacking }) => lacking === undefined);
  await Promise.all(here.map(async ({ name, path }) => plays.set(name, await play(path))));
}, 400_000);

describe.each(nodes)("played with the package", ({ name: node, lacking }) => {
  let played: Played;
  beforeAll(() => {
    if (lacking === undefined) played = plays.get(node)!;
  });

  describe.skipIf(lacking)(`on ${node}${lacking ? ` (${lacking})` : ""}`, () => {
    test.each(Object.entries(rows))("%s", (name, { ends }) => {
      expect(played.ends.get(name)).toMatch(ends);
    });

    test.each([
      ["status", 0, /^sink-env +issuer +fresh/m],
      ["credential sink-env --format env", 0, /^TOKEN=/],
      ["validate -f nested.yaml", 2, /deep/],
      ["validate -f wrong.yaml", 2, /wrong\.yaml:2:1/],
      ["watch", 0, /rotated/],
      ["GET /", 200, /<title>/],
      ["GET /metrics", 200, /^rotate_/m],
      ["GET /api/v1/rotations/app", 200, /"fresh"/],
      ["status app", 0, /^app +issuer +fresh/m],
      ["explain ROTATE_MINT_DENIED", 0, /permission/],
      ["status --watch --json -f watched.yaml", 0, /"fresh"/],
    ])("rotate %s", (words, code, says) => {
      const { stdout, stderr, ...ended } = played.said.get(words) ?? { code: undefined, stdout: "", stderr: "" };
      expect(stdout + stderr).toMatch(says);
      expect(ended.code).toBe(code);
    });

    test.skipIf(noPostgres).each([
      ["state init", 0, /ready|made|prepared/],
      ["run", 0, /^app {2}rotated/m],
      ["status", 0, /^app +issuer +fresh/m],
    ])(`rotate %s on a shared state${why}`, (words, code, says) => {
      const { stdout, stderr, ...ended } = played.said.get(`${words} on a shared state`)!;
      expect({ code: ended.code, said: stdout + stderr }).toEqual({ code, said: expect.stringMatching(says) });
    });

    test.skipIf(noPostgres)(`all that is loaded late was loaded${why}`, () => {
      expect(lateModules().filter((name) => !played.loaded.has(name))).toEqual([]);
    });
  });
});
