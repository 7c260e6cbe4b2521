import { builtins } from "@rotate/builtins";
import { createCatalog, explainKey, type ExplainedKey } from "@rotate/core";
import { expect, test } from "vitest";

const catalog = createCatalog(builtins);

async function explained(path: string): Promise<ExplainedKey> {
  const found = await explainKey(path, catalog);
  if ("keys" in found) return found;
  throw new Error(`${path}: there is no ${found.step} below ${found.below}`);
}

/** All paths from here on, as far as eight steps. */
async function pathsBelow(path: string): Promise<readonly string[]> {
  if (path.split(".").length > 8) return [];
  const { keys } = await explained(path);
  const inner = await Promise.all(keys.map(({ name }) => pathsBelow(path === "" ? name : `${path}.${name}`)));
  return [path, ...inner.flat()];
}

test("every key that is named below another can itself be explained, for every built-in type", async () => {
  const paths = await pathsBelow("");
  for (const kind of ["providers", "sinks", "reloads"] as const)
    for (const type of catalog.types(kind))
      expect(paths).toContain(
        kind === "providers" ? `providers.${type}` : kind === "sinks" ? `rotations.sinks.${type}` : `reloads.${type}`,
      );
  for (const path of [
    "rotations.refresh.windows.cron",
    "providers.vault.auth.approle.roleId",
    "providers.aws-sts.request.roleArn",
  ])
    expect(paths).toContain(path);
});

test("a key says what it means, what it holds and what is needed, whatever the rotation is called", async () => {
  expect(await explained("rotations.my-app.refresh.before")).toMatchObject({
    path: "rotations.refresh.before",
    type: "duration",
    description: expect.stringContaining("expires"),
  });
  const { keys } = await explained("rotations.app.sinks[0].dotenv");
  expect(keys.find(({ name }) => name === "path")).toMatchObject({ required: true });
  expect(await explained("providers.databricks-postgres.auth.pat.token")).toMatchObject({ type: "reference" });
});

test("a word that is misspelt, or stands elsewhere, is led to its place", async () => {
  expect(await explainKey("rotations.refesh", catalog)).toMatchObject({
    below: "rotations",
    hint: expect.stringContaining("refresh"),
  });
  expect(await explainKey("sinks", catalog)).toMatchObject({ hint: "it stands at rotations.sinks" });
  expect(await explainKey("systemd", catalog)).toMatchObject({
    hint: "it stands at reloads.systemd and at rotations.reload.systemd",
  });
});
