/** Machines that restart their consumers in turn, by Leases of an API server that is not ours, with the rights that are printed for them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packedCommandLine } from "../../support/packed.ts";
import { rollingSpec } from "../../support/rolling-spec.ts";
import { kubeconfigOf, type Cluster } from "./cluster.ts";
import { layOut, until, type Promised, type Site } from "./support.ts";

const namespace = "rolling";
const account = "machine";
/** Of a machine that does not renew its turn. ms */
const deadAfter = 5_000;

const spec = rollingSpec(
  `groups: { web: { type: kubernetes-lease, namespace: ${namespace}, name: web, kubeconfig: kubeconfig, deadAfter: ${deadAfter / 1_000}s } }`,
);

interface Fleet {
  readonly cluster: Cluster;
  readonly machines: readonly [Site, Site, Site];
  /** What their consumers noted: `web-1 away`, `web-1 back`. */
  readonly lines: () => readonly string[];
}

/** Three machines with a state each, which know of each other by the cluster alone. */
export async function rolling(cluster: Cluster): Promise<readonly Promised[]> {
  await cluster.kubectl(["create", "namespace", namespace]);
  await cluster.kubectl(["create", "serviceaccount", account, "-n", namespace]);
  const token = (await cluster.kubectl(["create", "token", account, "-n", namespace])).trim();
  const kubeconfig = JSON.stringify(kubeconfigOf({ url: cluster.url, ca: cluster.ca, user: { token } }));
  const { directory } = await layOut({});
  const diary = join(directory, "diary");
  const machineOf = (name: string): Promise<Site> =>
    layOut({
      "rotate.yaml": spec,
      kubeconfig,
      "restart.sh": `echo "${name} away" >> ${diary}; sleep 1\n`,
      "health.sh": `test ! -e sick && echo "${name} back" >> ${diary}\n`,
    });
  const machines = [await machineOf("web-1"), await machineOf("web-2"), await machineOf("web-3")] as const;
  const { said } = await machines[0].run("kubernetes", "rbac", "--service-account", `${namespace}/${account}`);
  await cluster.kubectl(["apply", "-f", "-"], said);
  const lines = (): readonly string[] => (existsSync(diary) ? readFileSync(diary, "utf8").trimEnd().split("\n") : []);
  const fleet = { cluster, machines, lines };
  return [...(await rights(fleet)), ...(await turns(fleet)), ...(await killed(fleet)), ...(await ill(fleet))];
}

async function rights({ cluster }: Fleet): Promise<readonly Promised[]> {
  const asked = [
    ["get", "leases/web-0", true],
    ["create", "leases", true],
    ["update", "leases/other", false],
    ["delete", "leases/web-0", false],
    ["get", "secrets", false],
  ] as const;
  const as = `--as=system:serviceaccount:${namespace}:${account}`;
  const answers = await Promise.all(
    asked.map(async ([verb, what, may]) => {
      const words = ["auth", "can-i", verb, what.replace("leases", "leases.coordination.k8s.io"), "-n", namespace, as];
      const answer = await cluster.kubectl(words).catch(() => "no");
      return answer.trim().startsWith("yes") === may;
    }),
  );
  return [
    {
      says: "machines may do with Leases what was printed for them, and nothing beside it",
      figure: `${answers.filter(Boolean).length} of ${answers.length}`,
      kept: answers.every(Boolean),
    },
  ];
}

async function holder({ cluster }: Fleet): Promise<string> {
  const lease = (await cluster.get("lease", "web-0", "-n", namespace)) as unknown as {
    readonly spec: { readonly holderIdentity?: string };
  };
  return lease.spec.holderIdentity ?? "";
}

/** How many were away at once, at most. */
function mostAway(lines: readonly string[]): number {
  const away = new Set<string>();
  return lines.reduce((most, line) => {
    const [name = "", what] = line.split(" ");
    if (what === "away") away.add(name);
    else away.delete(name);
    return Math.max(most, away.size);
  }, 0);
}

async function turns(fleet: Fleet): Promise<readonly Promised[]> {
  const ended = await Promise.all(fleet.machines.map(({ run }) => run("run")));
  const lines = fleet.lines();
  const restarts = lines.filter((line) => line.endsWith("away")).length;
  const isGivenBack = (await holder(fleet)) === "";
  return [
    {
      says: "three machines that run at once restart one after the other, and give their turn back",
      figure: `${restarts} restarts, ${mostAway(lines)} at once${ended.every(({ code }) => code === 0) ? "" : `: ${ended.map(({ said }) => said).join("")}`}`,
      kept: restarts === 3 && mostAway(lines) === 1 && isGivenBack && ended.every(({ code }) => code === 0),
    },
  ];
}

/** Whose consumer went away since the diary had so many lines. A healthy one notes that it is back before, too. */
function restartsSince(before: number, { lines }: Fleet): readonly string[] {
  return lines()
    .slice(before)
    .flatMap((line) => (line.endsWith(" away") ? [line.split(" ")[0]!] : []));
}

/** A run that is killed, with what it started, as soon as its consumer is away. */
async function killed(fleet: Fleet): Promise<readonly Promised[]> {
  const [dead, next] = fleet.machines;
  const before = fleet.lines().length;
  const env = { PATH: process.env["PATH"], HOME: dead.directory, ROTATE_STATE_DIR: join(dead.directory, "state") };
  const argv = [packedCommandLine().entry, "run", "--force"];
  const child = spawn(process.execPath, argv, { cwd: dead.directory, env, stdio: "ignore", detached: true });
  await until("the restart that is cut off", () => restartsSince(before, fleet).includes("web-1") || undefined);
  const ended = once(child, "exit");
  process.kill(-child.pid!, "SIGKILL");
  await ended;
  const begun = performance.now();
  const { code, said } = await next.run("run", "--force");
  const waited = performance.now() - begun;
  const restarted = restartsSince(before, fleet);
  return [
    {
      says: "the turn of a machine that was killed is taken once it counts as dead, after seconds",
      figure: code === 0 ? (waited / 1_000).toFixed(1) : said,
      kept: code === 0 && waited > deadAfter * 0.9 && restarted.join() === "web-1,web-2",
    },
  ];
}

async function ill(fleet: Fleet): Promise<readonly Promised[]> {
  const [sick, next] = fleet.machines;
  const before = fleet.lines().length;
  await writeFile(join(sick.directory, "sick"), "");
  const first = await sick.run("run", "--force", "--timeout", "20s");
  const stopped = await next.run("run", "--force", "--timeout", "20s");
  const restarted = restartsSince(before, fleet);
  await rm(join(sick.directory, "sick"));
  const [healed, after] = [await sick.run("run", "--force"), await next.run("run", "--force")];
  return [
    {
      says: "a consumer that is not healthy stops the rolling, and the next machine says whose it is",
      figure: `exits ${first.code} and ${stopped.code}: ${restarted.join()}`,
      kept:
        first.code === 4 &&
        stopped.code === 4 &&
        stopped.said.includes("the rolling of group web has stopped") &&
        restarted.every((name) => name === "web-1"),
    },
    {
      says: "it goes on when that one is healthy",
      figure: `exits ${healed.code} and ${after.code}`,
      kept: healed.code === 0 && after.code === 0 && (await holder(fleet)) === "",
    },
  ];
}
