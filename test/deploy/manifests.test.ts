/** The manifests are what kubectl and Helm take, and say what the command line and the image do. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";
import { definition } from "./container.ts";

const folder = join(root, "docs/deploy");
const kubectl = lackingOf("kubectl", ["version", "--client"]);
const helm = lackingOf("helm", ["version"]);

/** Why a program is not used; undefined when it is there. */
function lackingOf(program: string, argv: readonly string[]): string | undefined {
  return spawnSync(program, argv).status === 0 ? undefined : `no ${program} is installed`;
}

interface Thing {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly template?: Pod; readonly jobTemplate?: { readonly spec: { readonly template: Pod } } };
}
interface Pod {
  readonly spec: {
    readonly volumes: readonly { readonly name: string }[];
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

function thingsIn(text: string): readonly Thing[] {
  return parseAllDocuments(text).map((one) => one.toJS() as Thing);
}

function built(path: string): readonly Thing[] {
  return thingsIn(execFileSync("kubectl", ["kustomize", path], { encoding: "utf8" }));
}

function podOf(things: readonly Thing[]): Pod["spec"] {
  const [pod] = things.flatMap(({ spec }) => spec?.template ?? spec?.jobTemplate?.spec.template ?? []);
  if (pod === undefined) throw new Error("no pod");
  return pod.spec;
}

/** Its words are words of the command line. */
function parsed({ args: [command = "", ...flags] }: Container): number | null {
  const { entry } = packedCommandLine();
  const names = flags.map((flag) => flag.replace(/=.*/, ""));
  const { stdout, status } = spawnSync(process.execPath, [entry, command, "--help"], { encoding: "utf8" });
  for (const name of names) expect(stdout).toContain(name);
  return status;
}

test("the roles of the example are those that its spec needs", () => {
  const { entry } = packedCommandLine();
  const printed = execFileSync(process.execPath, [entry, "kubernetes", "rbac"], {
    cwd: join(folder, "kubernetes/example"),
    encoding: "utf8",
  });
  const kept = readFileSync(join(folder, "kubernetes/example/rbac.yaml"), "utf8");
  expect(thingsIn(kept)).toEqual(thingsIn(printed));
});

test.skipIf(kubectl)(
  `the example is an overlay that builds, with the spec in it${kubectl ? ` (${kubectl})` : ""}`,
  () => {
    const things = built(join(folder, "kubernetes/example"));
    const kinds = ["ConfigMap", "Deployment", "PersistentVolumeClaim", "Role", "RoleBinding", "ServiceAccount"];
    expect(things.map(({ kind }) => kind).toSorted()).toEqual(kinds);
    expect(new Set(things.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["backstage"]));
    const { containers, volumes } = podOf(things);
    expect(volumes.map(({ name }) => name)).toEqual(["state", "spec", "tmp", "login"]);
    expect(containers[0]?.image).toBe("images.example/rotate:0.1.0");
  },
);

test.skipIf(kubectl)(
  `each shape runs what the command line has, as the image's user, on a read-only root${kubectl ? ` (${kubectl})` : ""}`,
  () => {
    const app = mkdtempSync(join(tmpdir(), "rotate-overlay-"));
    onTestFinished(() => rmSync(app, { recursive: true, force: true }));
    const components = [relative(app, join(folder, "kubernetes/sidecar"))];
    const container = { name: "app", image: "app" };
    const template = { metadata: { labels: { app: "app" } }, spec: { containers: [container] } };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "app" },
      spec: { selector: {}, template },
    };
    writeFileSync(join(app, "app.yaml"), JSON.stringify(deployment));
    writeFileSync(join(app, "kustomization.yaml"), JSON.stringify({ resources: ["app.yaml"], components }));
    const shapes = [built(join(folder, "kubernetes/watch")), built(join(folder, "kubernetes/cronjob")), built(app)];
    for (const shape of shapes) {
      const { containers, initContainers = [] } = podOf(shape);
      const ours = [...containers, ...initContainers].filter(({ name }) => name === "rotate");
      expect(ours.map(parsed)).toEqual([0]);
      expect(ours[0]?.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
    }
    expect(podOf(shapes[0]!)).toMatchObject({
      securityContext: { runAsUser: Number(definition().user.split(":")[0]) },
    });
  },
);

test.skipIf(kubectl)(
  `a fleet is several pods that share nothing but their database${kubectl ? ` (${kubectl})` : ""}`,
  () => {
    const things = built(join(folder, "kubernetes/fleet"));
    expect(things.map(({ kind }) => kind).toSorted()).toEqual(["Deployment", "PodDisruptionBudget", "ServiceAccount"]);
    const deployment = things.find(({ kind }) => kind === "Deployment");
    expect(deployment?.spec).toMatchObject({ replicas: 3, strategy: { type: "RollingUpdate" } });
    const { containers, volumes } = podOf(things);
    expect(volumes.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
      { name: "spec", configMap: { name: "rotate-spec" } },
      { name: "state", emptyDir: { sizeLimit: "64Mi" } },
      expect.objectContaining({ name: "state-key" }),
      expect.objectContaining({ name: "tmp" }),
    ]);
    const [ours] = containers as readonly (Container & { readonly env: readonly { readonly name: string }[] })[];
    expect(ours!.env.map(({ name }) => name).toSorted()).toEqual(["ROTATE_DB", "ROTATE_HOST", "ROTATE_STATE_DIR"]);
    expect(parsed(ours!)).toBe(0);
  },
);

test.skipIf(helm)(`the chart gives several workers only over a database${helm ? ` (${helm})` : ""}`, () => {
  const watch = { replicas: 3 };
  expect(rendered({ watch })).toMatchObject({ code: 1, text: expect.stringContaining("state.postgresSecret") });
  const { text } = rendered({ watch, state: { postgresSecret: "rotate-state" } });
  const kinds = thingsIn(text).map(({ kind }) => kind);
  expect(kinds).not.toContain("PersistentVolumeClaim");
  expect(thingsIn(text).find(({ kind }) => kind === "Deployment")?.spec).toMatchObject({ replicas: 3 });
  expect(podOf(thingsIn(text)).volumes).toContainEqual({ name: "state", emptyDir: { sizeLimit: "64Mi" } });
});

const values = {
  image: { repository: "images.example/rotate" },
  spec: { version: 1, name: "chart", providers: {}, rotations: { "a-{{ x }}": {} } },
  secrets: [{ name: "databricks", secretName: "rotate-login" }],
  rbac: {
    objects: [{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "rotate" }, rules: [] }],
  },
};

function rendered(more: object): { readonly code: number | null; readonly text: string } {
  const input = JSON.stringify({ ...values, ...more });
  const argv = ["template", "rotate", join(folder, "helm/rotate"), "--values", "-"];
  const { status, stdout, stderr } = spawnSync("helm", argv, { input, encoding: "utf8" });
  return { code: status, text: status === 0 ? stdout : stderr };
}

test.skipIf(helm)(`the chart gives the same pods as the overlays${helm ? ` (${helm})` : ""}`, () => {
  for (const [mode, overlay] of [
    ["watch", "watch"],
    ["cronjob", "cronjob"],
  ] as const) {
    const { text } = rendered({ mode });
    const [ours] = podOf(thingsIn(text)).containers;
    const [theirs] = podOf(
      thingsIn(
        readFileSync(
          join(folder, `kubernetes/${overlay}/${overlay === "watch" ? "deployment" : "cronjob"}.yaml`),
          "utf8",
        ),
      ),
    ).containers;
    expect(ours?.args).toEqual(theirs?.args);
    expect(ours).toMatchObject({ securityContext: theirs?.securityContext, image: "images.example/rotate:0.1.0" });
    const config = thingsIn(text).find(({ kind }) => kind === "ConfigMap") as unknown as {
      readonly data: Record<string, string>;
    };
    expect(parse(config.data["rotate.yaml"] ?? "")).toEqual(values.spec);
  }
});

test.skipIf(helm)(`the chart says what it lacks${helm ? ` (${helm})` : ""}`, () => {
  expect(rendered({ spec: { version: 1 } })).toMatchObject({ code: 1, text: expect.stringContaining("spec.name") });
  expect(rendered({ image: {} })).toMatchObject({ code: 1, text: expect.stringContaining("image.repository") });
  expect(rendered({ mode: "cron" })).toMatchObject({ code: 1, text: expect.stringContaining("watch or cronjob") });
});

test("the compose file runs the image's own commands", () => {
  const { services } = parse(readFileSync(join(folder, "compose.yaml"), "utf8")) as {
    readonly services: { readonly rotate: { readonly healthcheck: { readonly test: readonly string[] } } };
  };
  const [, program, command] = services.rotate.healthcheck.test;
  expect([program, command]).toEqual([definition().entrypoint[0], "alive"]);
});
