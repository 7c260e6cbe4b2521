/** What a package of others can do in the process that it is given, act by act, on each line of Node: what is listed succeeds, all else is stopped. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../packages/cli/scripts/bundle.ts";
import { missing, oldNodes, pathOf } from "../support/tools.ts";
import { root } from "../support/workspace.ts";

mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const built = mkdtempSync(join(root, "node_modules/.cache/permissions-"));
const folder = mkdtempSync(join(tmpdir(), "rotate-acts-"));
afterAll(() => {
  for (const path of [built, folder]) rmSync(path, { recursive: true, force: true });
});
const source = join(import.meta.dirname, "permissions");

/** As it is published: sources do not run on the older lines. */
beforeAll(async () => void (await bundle(built, [{ in: join(source, "try-all.ts"), out: "try-all" }])));

/** Nothing of it reaches a file, a process or a secret of others: accepted. */
const harmless = [
  "import a data: URL",
  "hook into imports",
  "set V8 flags",
  "learn user and host name",
  "change its umask",
];
/** Into the empty folder that it runs in; with the network below Node 25. */
const tracing = "enable trace events";
/** Not stopped below Node 25: `add`, `approve` and `list` say so. */
const network = [
  "connect to this machine",
  "connect to a Unix socket",
  "fetch",
  "ask by node:http",
  "ask by HTTP/2",
  "open a WebSocket",
  "listen",
  "send a datagram",
  "look up a name",
  "ask a name server",
];

const nodes = [
  ...oldNodes.map((tool) => ({
    version: tool.version,
    node: pathOf(tool),
    lacking: missing(tool),
    open: [...network, tracing],
  })),
  { version: process.versions.node, node: process.execPath, lacking: undefined, open: [] },
];

test.for(nodes)(
  "on Node $version nothing succeeds but what is listed",
  ({ version, node, lacking, open }, { skip }) => {
    if (lacking !== undefined) skip(lacking);
    const base = join(folder, version);
    mkdirSync(base);
    const text = execFileSync(node, [join(built, "try-all.js"), base, join(source, "acts.js")], {
      encoding: "utf8",
      env: {},
    });
    const { done } = JSON.parse(text) as { readonly done: readonly string[] };
    expect(done.toSorted()).toEqual([...harmless, ...open].toSorted());
  },
);
