import { type KubernetesDoubleOptions, type KubernetesWorkload } from "@rotate/doubles";
import { coordinatorContract, providerContract, reloadContract, sinkContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { kubernetesLease } from "../src/kubernetes-lease.ts";
import { kubernetesRollout } from "../src/kubernetes-rollout.ts";
import { kubernetesSecret } from "../src/kubernetes-secret.ts";
import { kubernetesToken } from "../src/kubernetes-token.ts";
import { openCluster, type Cluster } from "./support/cluster.ts";

const secrets = ["admin-token"];

function hang({ cluster }: { readonly cluster: Cluster }): void {
  cluster.double.faults.always("*", "hang");
}
function forget({ cluster }: { readonly cluster: Cluster }): void {
  cluster.double.setUser("admin-token", undefined);
}

const first = { password: "first-pässword", url: "postgres://u:first@h/db" };
const values = [first, { password: "second-password", url: "postgres://u:second@h/db" }] as const;

async function secretStage(options: KubernetesDoubleOptions = {}) {
  const cluster = await openCluster(options);
  const given = { namespace: "app", name: "db", kubeconfig: cluster.kubeconfig };
  return { cluster, options: given, values, secrets, close: cluster.close };
}

const shared = { namespace: "app", name: "db", data: { other: "of somebody else" }, labels: { team: "db" } };
for (const there of [[], [shared]]) {
  sinkContract(
    { describe, test },
    {
      sink: kubernetesSecret,
      start: () => secretStage({ secrets: there }),
      snapshot: async ({ cluster }) => cluster.double.secret("app", "db"),
      readBack: async ({ cluster }) => {
        const { other: _other, ...ours } = cluster.double.secret("app", "db") ?? {};
        return ours;
      },
      meddle: ({ cluster }) =>
        cluster.double.editSecret({ namespace: "app", name: "db" }, { password: "theirs-1", url: "theirs-2" }),
      refuse: forget,
      hang,
    },
  );
}

const kinds: readonly KubernetesWorkload["kind"][] = ["deployment", "statefulset", "daemonset"];
for (const kind of kinds) {
  reloadContract(
    { describe, test },
    {
      reload: kubernetesRollout,
      marks: true,
      start: async () => {
        const workload = { kind, namespace: "app", name: "web", replicas: 1 };
        const cluster = await openCluster({ workloads: [workload] });
        const options = { kind, namespace: "app", name: "web", kubeconfig: cluster.kubeconfig };
        return { cluster, options, secrets, close: cluster.close };
      },
      count: ({ cluster }) => cluster.double.rollouts(kind, "app", "web"),
      refuse: forget,
      hang,
    },
  );
}

coordinatorContract(
  { describe, test },
  {
    coordinator: kubernetesLease,
    start: async () => {
      const cluster = await openCluster();
      const options = { namespace: "app", name: "web", kubeconfig: cluster.kubeconfig };
      return { cluster, options, secrets, close: cluster.close };
    },
    refuse: forget,
    hang,
  },
);

providerContract(
  { describe, test },
  {
    provider: kubernetesToken,
    start: async () => {
      const cluster = await openCluster({ serviceAccounts: [{ namespace: "app", name: "runner" }] });
      const request = { namespace: "app", serviceAccount: "runner", audiences: ["vault"], ttl: 1_200_000 };
      return { cluster, options: { kubeconfig: cluster.kubeconfig }, request, secrets, close: cluster.close };
    },
    refuse: forget,
    hang,
    isLive: async ({ cluster }, { token = "" }) => (await cluster.double.review(token, "vault")) !== undefined,
  },
);
