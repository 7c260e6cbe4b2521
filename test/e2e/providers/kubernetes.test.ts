import { expect, test } from "vitest";
import { deployer, forbidMinting, kubeconfigFor, kubectl, kubectlMissing, startCluster } from "./cluster.ts";
import { expectFresh, expectQuiet, expectRefused, expectRotated, formerLeases, layOut, type Stage } from "./support.ts";

const spec = `version: 1
name: kubernetes-e2e
providers:
  cluster: { type: kubernetes-token, kubeconfig: deployer }
rotations:
  app:
    provider: cluster
    request: { namespace: app, serviceAccount: reader, ttl: 10m }
    sinks:
      - { type: kubernetes-secret, kubeconfig: deployer, namespace: app, name: reader, values: { token: "{{ token }}" } }
    reload:
      - { type: kubernetes-rollout, kubeconfig: deployer, namespace: app, name: web, delay: 10ms }
`;

/** The token in the Secret. */
async function tokenIn(stage: Stage): Promise<string> {
  const data = await kubectl(stage, "deployer", "get", "secret", "reader", "-o", "jsonpath={.data.token}");
  return Buffer.from(data, "base64").toString();
}

test.skipIf(kubectlMissing)(
  `kubectl reads a token from the Secret and works with it (${kubectlMissing ? "not installed" : "the real one"})`,
  async () => {
    const cluster = await startCluster();
    const stage = await layOut({ spec, files: { deployer: kubeconfigFor(deployer, cluster) } });
    const minted = () => cluster.requests.filter(({ path }) => path.endsWith("/serviceaccounts/reader/token")).length;

    const tokens: string[] = [];
    for (const argv of [[], ["--force"]]) {
      await expectRotated(stage, ...argv);
      const token = await tokenIn(stage);
      tokens.push(token);
      await stage.write("reader", kubeconfigFor(token, cluster));
      expect(await kubectl(stage, "reader", "auth", "whoami")).toContain("system:serviceaccount:app:reader");
      expect(await kubectl(stage, "reader", "get", "deployment", "web", "-o", "name")).toBe("deployment.apps/web\n");
    }
    expect(new Set(tokens).size).toBe(2);
    expect(cluster.rollouts("deployment", "app", "web")).toBe(2);
    await expectFresh(stage, minted);
    expect(await formerLeases(stage)).toEqual(["expires only"]);

    forbidMinting(cluster);
    const todo = 'resources: ["serviceaccounts/token"]';
    await expectRefused(stage, { why: "not allowed to create serviceaccounts/token", todo, sinks: [] });
    expect(cluster.secret("app", "reader")).toEqual({ token: tokens[1] });
    await expectQuiet(stage, [deployer, ...tokens], ["deployer", "reader"]);
  },
);
