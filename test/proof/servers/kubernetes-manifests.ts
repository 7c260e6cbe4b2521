/** The manifests of docs/deploy on an API server that is not ours: taken as they are, without a field that it does not know, and with rights that suffice and no more. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../../support/workspace.ts";
import type { Cluster } from "./cluster.ts";
import type { Promised } from "./support.ts";

const folder = join(root, "docs/deploy");
const strict = ["--validate=strict", "-f", "-"];

/** Applies each shape, and asks what its account may do. */
export async function manifests(cluster: Cluster): Promise<readonly Promised[]> {
  await cluster.kubectl(["create", "namespace", "backstage"]);
  const applied = await cluster.kubectl(["apply", "--validate=strict", "-k", join(folder, "kubernetes/example")]);
  const dry: [string, string][] = [];
  for (const [shape, text] of [["cronjob", overlay("cronjob")], ["sidecar", await withSidecar()], ...charts()] as const)
    dry.push([shape, await taken(cluster, text)]);
  const shapes: Promised[] = dry.map(([shape, said]) => ({
    says: `the server takes the ${shape} as it is, strictly`,
    figure: said.split("\n").length,
    kept: said.includes("(server dry run)") && !said.includes("arning"),
  }));
  return [
    {
      says: "the example is applied, strictly and without a warning",
      figure: applied.trim().split("\n").length,
      kept: applied.includes("deployment.apps/rotate created") && !applied.includes("arning"),
    },
    ...shapes,
    ...(await rights(cluster)),
  ];
}

function overlay(name: string): string {
  return execFileSync("kubectl", ["kustomize", join(folder, "kubernetes", name)], { encoding: "utf8" });
}

/** The component, over an application that there is not. */
async function withSidecar(): Promise<string> {
  const app = await mkdtemp(join(tmpdir(), "rotate-overlay-"));
  const labels = { app: "app" };
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "app" }] } },
  };
  await writeFile(
    join(app, "app.yaml"),
    JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "app" }, spec }),
  );
  const components = [relative(app, join(folder, "kubernetes/sidecar"))];
  await writeFile(join(app, "kustomization.yaml"), JSON.stringify({ resources: ["app.yaml"], components }));
  return execFileSync("kubectl", ["kustomize", app], { encoding: "utf8" });
}

/** Of the chart, where Helm is installed. */
function charts(): readonly (readonly [string, string])[] {
  return ["watch", "cronjob"].flatMap((mode) => {
    const values = JSON.stringify({
      mode,
      image: { repository: "images.example/rotate" },
      spec: { version: 1, name: "chart" },
    });
    const argv = ["template", "chart", join(folder, "helm/rotate"), "--values", "-"];
    const { status, stdout } = spawnSync("helm", argv, { input: values, encoding: "utf8" });
    return status === 0 ? [[`chart in the mode ${mode}`, stdout] as const] : [];
  });
}

async function taken(cluster: Cluster, text: string): Promise<string> {
  return cluster.kubectl(["apply", "-n", "backstage", "--dry-run=server", ...strict], text);
}

/** Verb, what, and whether the account may. */
const asked = [
  ["get", "secret/lakebase", true],
  ["patch", "secret/lakebase", true],
  ["create", "secrets", true],
  ["patch", "deployment/backstage", true],
  ["get", "secret/rotate-login", false],
  ["list", "secrets", false],
  ["delete", "deployment/backstage", false],
  ["create", "serviceaccounts/token", false],
] as const;

async function rights({ kubectl }: Cluster): Promise<readonly Promised[]> {
  const as = "--as=system:serviceaccount:backstage:rotate";
  const answers = await Promise.all(
    asked.map(async ([verb, what, may]) => {
      const said = await kubectl(["auth", "can-i", verb, what, "-n", "backstage", as]).catch(() => "no");
      return said.trim().startsWith("yes") === may;
    }),
  );
  return [
    {
      says: "its account may do what `rotate kubernetes rbac` printed, and nothing beside it",
      figure: `${answers.filter(Boolean).length} of ${answers.length}`,
      kept: answers.every(Boolean),
    },
  ];
}
