/** rotate on a Kubernetes that is not ours: Secrets and their owners, tokens, rollouts, denials, and an etcd that freezes in the middle. */
import { watch } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import { kubeconfigOf, startCluster, type Cluster } from "./cluster.ts";
import { furniture, layOutSite, namespace } from "./kubernetes-stage.ts";
import { compareDouble } from "./kubernetes-double.ts";
import { manifests } from "./kubernetes-manifests.ts";
import { rolling } from "./kubernetes-rolling.ts";
import { startKubelet } from "./kubelet.ts";
import { report, say, until, type Promised, type Site } from "./support.ts";

/** Prints what came of it; true when every promise was kept. */
export async function proveKubernetes(): Promise<boolean> {
  const cluster = await startCluster();
  const kubelet = startKubelet(cluster);
  try {
    await cluster.kubectl(["apply", "-f", "-"], furniture().slice(0, 1));
    await cluster.kubectl(["apply", "-f", "-"], furniture().slice(1));
    const site = await layOutSite(cluster);
    say(
      `Kubernetes: ${JSON.parse(await cluster.kubectl(["version", "-o", "json"])).serverVersion.gitVersion}, in ${site.directory}`,
    );
    const promises: Promised[] = [];
    for (const scenario of [manifests, shared, owned, takenBack, denied, tokens, rollout, rolling, frozen]) {
      promises.push(
        ...(await scenario(cluster, site).catch((error: unknown) => [
          {
            says: scenario.name,
            figure: error instanceof Error ? error.message.slice(0, 600) : String(error),
            kept: false,
          },
        ])),
      );
    }
    promises.push(...(await compareDouble(cluster)));
    const asked = (await readFile(join(site.directory, "plugin-asked"), "utf8")).split("\n").length - 1;
    promises.push({
      says: "an exec plugin of the kubeconfig logged in, this many times",
      figure: asked,
      kept: asked > 0,
    });
    return report("Kubernetes", promises);
  } finally {
    kubelet.stop();
    await cluster.close();
  }
}

async function mints({ directory }: Site): Promise<number> {
  return (await readFile(join(directory, "mints"), "utf8")).split("\n").length - 1;
}

async function keysOf({ get }: Cluster, name: string): Promise<Readonly<Record<string, string>>> {
  const { data = {} } = await get("secret", name, "-n", namespace);
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)]));
}

function secret(name: string, stringData: object): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels: { "app.kubernetes.io/managed-by": "Helm" } },
    stringData,
  };
}

const asHelm = ["apply", "--server-side", "--field-manager=helm", "-f", "-"];

async function shared(cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  await cluster.kubectl(asHelm, secret("shared", { OTHER: "theirs" }));
  const { code, said } = await site.run("run", "shared");
  const keys = await keysOf(cluster, "shared");
  await cluster.kubectl(asHelm, secret("shared", { OTHER: "theirs, upgraded" }));
  const after = await keysOf(cluster, "shared");
  return [
    {
      says: "a Secret is shared: their key stays, ours is there",
      figure: code === 0 ? Object.keys(keys).join(", ") : said,
      kept: code === 0 && keys["OTHER"] === "theirs" && keys["TOKEN"]?.startsWith("token-") === true,
    },
    {
      says: "an upgrade by its other owner leaves our key",
      figure: Object.keys(after).join(", "),
      kept: after["TOKEN"] === keys["TOKEN"] && after["OTHER"] === "theirs, upgraded",
    },
  ];
}

async function owned(cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  await cluster.kubectl(asHelm, secret("owned", { TOKEN: "helm's" }));
  const before = await mints(site);
  const { code, said } = await site.run("run", "owned");
  const kept = code !== 0 && said.includes("helm") && said.includes("TOKEN") && (await mints(site)) === before;
  const value = (await keysOf(cluster, "owned"))["TOKEN"];
  return [
    {
      says: "a key that Helm owns is not taken, Helm is named, and nothing is minted",
      figure: `exit ${code}${kept ? "" : `: ${said}`}`,
      kept: kept && value === "helm's",
    },
  ];
}

async function takenBack(cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  const first = await site.run("run", "made");
  await cluster.kubectl([...asHelm, "--force-conflicts"], {
    ...secret("made", { TOKEN: "by hand" }),
    metadata: { name: "made", namespace },
  });
  const second = await site.run("run", "made", "--force");
  const value = (await keysOf(cluster, "made"))["TOKEN"] ?? "";
  return [
    {
      says: "a key of a Secret that rotate made is taken back",
      figure: `exit ${first.code}, ${second.code}${second.code === 0 ? "" : second.said}`,
      kept: first.code === 0 && value.startsWith("token-"),
    },
  ];
}

async function denied(_cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  const before = await mints(site);
  const { code, said } = await site.run("run", "denied");
  const kept = code !== 0 && said.includes("says the security team") && (await mints(site)) === before;
  return [
    {
      says: "an admission policy refuses before anything is minted, in its own words",
      figure: `exit ${code}${kept ? "" : `: ${said}`}`,
      kept,
    },
  ];
}

async function tokens(cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  const { code, said } = await site.run("run", "runner");
  const { TOKEN: token = "" } = parseEnv(await readFile(join(site.directory, "runner.env"), "utf8"));
  const config = join(site.directory, "runner.kubeconfig");
  await writeFile(config, JSON.stringify(kubeconfigOf({ ...cluster, user: { token } })), { mode: 0o600 });
  const who = await cluster.kubectl([
    "--kubeconfig",
    config,
    "auth",
    "whoami",
    "-o",
    "jsonpath={.status.userInfo.username}",
  ]);
  return [
    {
      says: "a token of TokenRequest is somebody",
      figure: code === 0 ? who : said,
      kept: who === "system:serviceaccount:app:runner",
    },
  ];
}

async function podNames({ get }: Cluster): Promise<readonly string[]> {
  const { items = [] } = await get("pods", "-n", namespace, "-l", "app=web");
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

async function rollout(cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  await cluster.kubectl(["rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s"]);
  const before = await podNames(cluster);
  const { code, said } = await site.run("run", "web");
  const after = await podNames(cluster);
  const again = await site.run("run", "web");
  const { metadata } = await cluster.get("deployment", "web", "-n", namespace);
  const fresh = after.length === 2 && after.every((name) => !before.includes(name));
  return [
    {
      says: "a rollout replaces every pod before it is called done",
      figure: code === 0 ? `${before.length} → ${after.length}` : said,
      kept: code === 0 && fresh,
    },
    {
      says: "a run with nothing due starts no second one",
      figure: `generation ${metadata.generation}`,
      kept: again.code === 0 && metadata.generation === 2,
    },
  ];
}

/** Freezes etcd in the moment in which the first sink is committed, so that the second hangs. */
async function frozen(cluster: Cluster, site: Site): Promise<readonly Promised[]> {
  const first = await site.run("run", "frozen");
  let frozenAt = 0;
  const watching = watch(site.directory, (_event, name) => {
    if (name !== "frozen.env" || frozenAt > 0) return;
    frozenAt = Date.now();
    process.kill(cluster.etcd.pid, "SIGSTOP");
    setTimeout(() => process.kill(cluster.etcd.pid, "SIGCONT"), 20_000);
  });
  const second = await site.run("run", "frozen", "--force");
  watching.close();
  const took = Date.now() - frozenAt;
  if (frozenAt > 0) await sleep(Math.max(0, 21_000 - took));
  await until("the API server after the freeze", async () =>
    (await cluster.kubectl(["get", "ns"])) ? true : undefined,
  );
  const third = await site.run("run", "frozen");
  const file = parseEnv(await readFile(join(site.directory, "frozen.env"), "utf8"))["TOKEN"];
  const stored = (await keysOf(cluster, "frozen"))["TOKEN"];
  const status = await site.run("status", "frozen");
  return [
    {
      says: "etcd froze between the first and the second commit, seconds until the run ended",
      figure: (took / 1000).toFixed(1),
      kept: first.code === 0 && frozenAt > 0 && took > 1000,
    },
    {
      says: "afterwards both sinks hold one credential",
      figure: `exit ${second.code}, then ${third.code}: ${file} and ${stored}`,
      kept: file === stored && third.code === 0,
    },
    { says: "and nothing is owed", figure: `exit ${status.code}`, kept: status.code === 0 },
  ];
}
