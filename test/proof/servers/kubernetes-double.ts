/** The double of the API server against the API server: asked the same, they answer the same. */
import { isDeepStrictEqual } from "node:util";
import {
  kubernetesScenarios,
  kubernetesSubject,
  startKubernetesDoubleWorld,
  type KubernetesPlace,
  type KubernetesSubject,
} from "../../../packages/doubles/test/scenarios/kubernetes.ts";
import { play, type Answer, type Scenario } from "../../../packages/doubles/test/scenarios/scenario.ts";
import { adminToken, type Cluster } from "./cluster.ts";
import type { Promised } from "./support.ts";

const namespace = "app";

/** What the scenarios want beside the service account `runner`. */
async function furnish({ kubectl }: Cluster): Promise<void> {
  const rule = { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get", "patch"] };
  const group = "rbac.authorization.k8s.io";
  const head = { apiVersion: `${group}/v1`, metadata: { name: "weak", namespace } };
  await kubectl(
    ["apply", "-f", "-"],
    [
      { ...head, kind: "Role", rules: [rule] },
      {
        ...head,
        kind: "RoleBinding",
        roleRef: { apiGroup: group, kind: "Role", name: "weak" },
        subjects: [{ apiGroup: group, kind: "User", name: "weak" }],
      },
    ],
  );
}

/** One promise for each scenario; a broken one says where the two part. */
export async function compareDouble(cluster: Cluster): Promise<readonly Promised[]> {
  await furnish(cluster);
  const double = await startKubernetesDoubleWorld();
  const real: KubernetesPlace = { url: cluster.url, ca: cluster.ca, admin: adminToken };
  const found: Promised[] = [];
  try {
    for (const scenario of kubernetesScenarios) {
      const [ours, theirs] = [await answersOf(scenario, double), await answersOf(scenario, real)];
      const at = theirs.findIndex((answer, index) => !isDeepStrictEqual(answer, ours[index]));
      const figure =
        at < 0
          ? `${theirs.length} answers alike`
          : `double ${JSON.stringify(ours[at])}, server ${JSON.stringify(theirs[at])}`;
      found.push({ says: `the double and the server: ${scenario.name}`, figure, kept: at < 0 });
    }
  } finally {
    await double.close();
  }
  return found;
}

type KubernetesScenario = Scenario<KubernetesSubject>;

/** What was answered; a status that the list does not expect ends it, with what was said. */
async function answersOf(scenario: KubernetesScenario, place: KubernetesPlace): Promise<readonly Answer[]> {
  return play(scenario, (record) => kubernetesSubject(place, record)).catch((error: unknown) => [
    { asked: "the list was left", status: 0, body: String(error) },
  ]);
}
