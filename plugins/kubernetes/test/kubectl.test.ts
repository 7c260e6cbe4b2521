/** Kubernetes' own client as a witness: what it sees of our writes, and what we see of its. */
import { execFile, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isSecret } from "@rotate/plugin-kit";
import { type KubernetesWorkloadKind } from "@rotate/doubles";
import { createTestContext } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { kubernetesRollout } from "../src/kubernetes-rollout.ts";
import { kubernetesToken } from "../src/kubernetes-token.ts";
import { startCluster, type Cluster } from "./support/cluster.ts";
import { errorOf, event, prepare, rolloutContext, secretContext, write } from "./support/call.ts";

const run = promisify(execFile);
const missing = spawnSync("kubectl", ["version", "--client"]).status !== 0;

/** Runs kubectl in the namespace `app`; gives what it printed. */
async function kubectl({ kubeconfig, directory }: Cluster, ...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: directory };
  const { stdout } = await run("kubectl", ["--kubeconfig", kubeconfig, "-n", "app", ...args], { env });
  return stdout;
}

/** What a token says, but for the instants and the id, which differ each time. */
function shape(jwt: string): Record<string, unknown> {
  const text = Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString();
  const { iat, exp, jti: _jti, nbf: _nbf, ...claims } = JSON.parse(text);
  return { ...claims, life: exp - iat };
}

describe.skipIf(missing)("kubectl (skipped where it is not installed)", () => {
  test("reads what the sink wrote", async () => {
    const cluster = await startCluster();
    await write(secretContext(cluster), { password: "first" });
    await write(secretContext(cluster), { password: "sécond" });
    const stored = JSON.parse(await kubectl(cluster, "get", "secret", "db", "-o", "json", "--show-managed-fields"));
    expect(Buffer.from(stored.data.password, "base64").toString()).toBe("sécond");
    const fields = { "f:data": { "f:password": {} } };
    expect(stored.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: "rotate", operation: "Apply", fieldsV1: fields }),
    );
  });

  test("changes a Secret under our write, which is then refused", async () => {
    const cluster = await startCluster({ secrets: [{ namespace: "app", name: "db", data: { other: "o" } }] });
    const prepared = await prepare(secretContext(cluster), { password: "ours" });
    await kubectl(cluster, "patch", "secret", "db", "--type=merge", "-p", '{"stringData":{"other":"p"}}');
    expect(await errorOf(prepared.commit(secretContext(cluster)))).toMatchObject({ code: "CONFLICT", retryable: true });
    await write(secretContext(cluster), { password: "ours" });
    expect(cluster.double.secret("app", "db")).toEqual({ other: "p", password: "ours" });
  });

  test("applies stringData, and what it became is not taken from it without force", async () => {
    const cluster = await startCluster();
    const file = join(cluster.directory, "secret.json");
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "db" }, stringData: { password: "theirs" } };
    await writeFile(file, JSON.stringify(secret));
    await kubectl(cluster, "apply", "--server-side", "--validate=false", "-f", file);
    expect(cluster.double.secret("app", "db")).toEqual({ password: "theirs" });
    const error = await errorOf(prepare(secretContext(cluster), { password: "ours" }));
    expect(error.message).toContain("stringData.password (kubectl)");
    await write(secretContext(cluster, { options: { force: true } }), { password: "ours" });
    expect(await kubectl(cluster, "get", "secret", "db", "-o", "jsonpath={.data.password}")).toBe(btoa("ours"));
  });

  test.each<KubernetesWorkloadKind>(["deployment", "statefulset", "daemonset"])(
    "sees the rollout of a %s through, and finds our mark on it",
    async (kind) => {
      const cluster = await startCluster({ workloads: [{ kind, namespace: "app", name: "web" }] });
      const running = kubernetesRollout.run(event, rolloutContext(cluster, { options: { kind } }));
      const [status] = await Promise.all([
        kubectl(cluster, "rollout", "status", `${kind}/web`, "--timeout=15s"),
        running,
      ]);
      expect(status).toMatch(/successfully rolled out|rolling update complete/);
      const path = "jsonpath={.spec.template.metadata.annotations}";
      expect(JSON.parse(await kubectl(cluster, "get", kind, "web", "-o", path))).toEqual({
        "fingerprint.rotate.dev/db": event.fingerprint,
      });
    },
  );

  test("makes the same token as we do", async () => {
    const cluster = await startCluster({ serviceAccounts: [{ namespace: "app", name: "runner" }] });
    const args = ["create", "token", "runner", "--audience", "vault", "--duration", "20m"];
    const theirs = (await kubectl(cluster, ...args)).trim();
    const ctx = createTestContext({ options: { kubeconfig: cluster.kubeconfig }, schema: kubernetesToken.options });
    const request = { namespace: "app", serviceAccount: "runner", audiences: ["vault"], ttl: 1_200_000 };
    const { token } = (await kubernetesToken.mint(request, ctx)).fields;
    const ours = isSecret(token) ? token.reveal() : "";
    expect(shape(ours)).toEqual(shape(theirs));
    expect(shape(ours)).toMatchObject({ aud: ["vault"], life: 1200 });
  });

  test("is told the same about what we may do", async () => {
    const rules = [{ verbs: ["get"], resources: ["secrets"], resourceNames: ["db"] }];
    const cluster = await startCluster({ users: { "admin-token": { name: "rotate", rules } } });
    expect(await kubectl(cluster, "auth", "can-i", "get", "secrets/db")).toBe("yes\n");
    await expect(kubectl(cluster, "auth", "can-i", "patch", "secrets/db")).rejects.toMatchObject({ stdout: "no\n" });
  });
});
