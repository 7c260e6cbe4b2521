/** What `rotate kubernetes rbac` prints is what `kubectl apply` takes: one Role and one RoleBinding for each namespace. */
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { folderWith, rotate } from "./support.ts";

const head = `version: 1
providers: { cluster: { type: kubernetes-token } }
`;
const rotation = `
    provider: cluster
    request: { namespace: backstage, serviceAccount: runner }`;

function secret(name: string, more = ""): string {
  return `{ type: kubernetes-secret, namespace: backstage, name: ${name}, values: { token: "{{ token }}" }${more} }`;
}

const oneNamespace = `${head}rotations:
  db:${rotation}
    sinks: [${secret("one")}, ${secret("two")}]
    reload:
      - { type: kubernetes-rollout, namespace: backstage, name: app }
`;

async function rbac(spec: string, ...flags: readonly string[]) {
  const result = await rotate(["kubernetes", "rbac", ...flags], { cwd: folderWith({ "rotate.yaml": spec }) });
  return { ...result, objects: parseAllDocuments(result.stdout).map((one) => one.toJS() as unknown) };
}

test("what a spec needs in its namespace is one Role, bound to the account that rotate runs as", async () => {
  const { code, objects } = await rbac(oneNamespace);
  expect(code).toBe(0);
  const metadata = { name: "rotate", namespace: "backstage", labels: { "app.kubernetes.io/name": "rotate" } };
  const core = { apiGroups: [""], resources: ["secrets"] };
  expect(objects).toEqual([
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata,
      rules: [
        { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: ["runner"], verbs: ["create"] },
        { ...core, resourceNames: ["one", "two"], verbs: ["get", "patch", "delete"] },
        { ...core, verbs: ["create"] },
        { apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["app"], verbs: ["get", "patch"] },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "rotate" },
      subjects: [{ kind: "ServiceAccount", name: "rotate", namespace: "backstage" }],
    },
  ]);
});

test("who works in several namespaces is asked which one the account is of, and then told all roles", async () => {
  const spec = oneNamespace.replace("namespace: backstage, name: app", "namespace: web, name: app");
  expect(await rbac(spec)).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("--service-account backstage/rotate"),
  });
  const { objects } = await rbac(spec, "--service-account", "backstage/rotate", "--name", "credentials");
  expect(objects).toMatchObject([
    { kind: "Role", metadata: { name: "credentials", namespace: "backstage" } },
    { kind: "RoleBinding" },
    { kind: "Role", metadata: { name: "credentials", namespace: "web" } },
    { kind: "RoleBinding", subjects: [{ name: "rotate", namespace: "backstage" }] },
  ]);
});

test("roles of two clusters are never printed as one", async () => {
  const spec = oneNamespace.replace(secret("two"), secret("two", ", context: prod"));
  const both = await rbac(spec);
  expect(both).toMatchObject({ code: 2, stdout: "" });
  expect(both.stderr).toContain('--cluster "of context prod"');
  const { objects } = await rbac(spec, "--cluster", "of context prod");
  expect(objects).toMatchObject([{ kind: "Role", rules: [{ resourceNames: ["two"] }, {}] }, { kind: "RoleBinding" }]);
  const { stdout } = await rbac(spec, "--json");
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, clusters: [{}, { cluster: "of context prod" }] });
});

test("who is no service account is named as a user", async () => {
  const { objects } = await rbac(oneNamespace, "--user", "ops@example.com");
  expect(objects).toMatchObject([{}, { subjects: [{ kind: "User", name: "ops@example.com" }] }]);
});

test("a spec without a cluster prints nothing and says so, a wrong account is refused", async () => {
  const local = `version: 1
providers: { dev: { type: jwt, issuer: me, key: { path: key.pem } } }
rotations:
  a: { provider: dev, request: { ttl: 1h }, sinks: [{ type: dotenv, path: .env, values: { T: "{{ token }}" } }] }
`;
  expect(await rbac(local)).toMatchObject({
    code: 0,
    stdout: "",
    stderr: expect.stringContaining("nothing in this spec"),
  });
  expect(await rbac(oneNamespace, "--service-account", "a/b/c")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("give NAMESPACE/NAME"),
  });
});
