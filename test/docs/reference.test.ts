import { readFileSync } from "node:fs";
import { builtins } from "@rotate/builtins";
import { createCatalog, kinds } from "@rotate/core";
import { expect, test } from "vitest";
import { metricsPage, renderMetricsDocs } from "../support/metrics-docs.ts";
import { pluginsPage, renderPluginDocs } from "../support/plugin-docs.ts";

test("the page with every option of a type is what the plugins declare (npm run docs)", async () => {
  expect(readFileSync(pluginsPage, "utf8")).toBe(await renderPluginDocs());
});

test("every type has its place on that page, once for each kind", async () => {
  const headings = [...(await renderPluginDocs()).matchAll(/^## `(.+)`, an? (\w+)$/gm)];
  const catalog = createCatalog(builtins);
  const types = kinds.flatMap((kind) => catalog.types(kind).map((type) => `${type} ${kind}`));
  expect(headings.map(([, type, kind]) => `${type} ${kind}s`)).toEqual(types);
});

test("the page with every metric is what Prometheus is told (npm run docs)", async () => {
  const page = readFileSync(metricsPage, "utf8");
  expect(page).toBe(await renderMetricsDocs());
  for (const name of ["rotate_credential_expiration_timestamp_seconds", "rotate_clock_skew_seconds"]) {
    expect(page).toContain(`| \`${name}\` |`);
  }
  expect(page).toMatch(/\| `rotate_rotations_failed_total` \| counter \| `rotation`, `provider`, `step`, `code` \|/);
});
