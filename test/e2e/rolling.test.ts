/** A rolling restart over machines: each runs the command line with a state of its own, and they see each other by Leases of a cluster, or by a shared state. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createKubernetesDouble,
  postgresUnavailable,
  startPostgres,
  type KubernetesDouble,
  type KubernetesRule,
} from "@rotate/doubles";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { packedCommandLine } from "../support/packed.ts";
import { rollingSpec } from "../support/rolling-spec.ts";
import { layOut, type Stage } from "./providers/support.ts";

const cli = packedCommandLine().entry;

const byLease =
  "groups: { web: { type: kubernetes-lease, namespace: app, name: web, kubeconfig: kubeconfig, deadAfter: 5s } }";

interface Machine extends Stage {
  readonly name: string;
}

/** Where the consumers of all machines note when they went away and came back. */
async function openDiary(): Promise<{ readonly file: string; readonly lines: () => readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "rotate-rolling-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "diary");
  return { file, lines: () => (existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []) };
}

async function openMachine(
  name: string,
  {
    head,
    diary,
    pause = "0.3",
    files = {},
    env = {},
  }: {
    readonly head: string;
    readonly diary: string;
    /** Seconds that its consumer is away. */
    readonly pause?: string;
    readonly files?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Machine> {
  const scripts = {
    "restart.sh": `echo "${name} away" >> ${diary}; sleep ${pause}\n`,
    "health.sh": `test ! -e sick && echo "${name} back" >> ${diary}\n`,
  };
  return { ...(await layOut({ spec: rollingSpec(head), files: { ...files, ...scripts }, env })), name };
}

function kubeconfigFor(server: string, token = "machine"): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "here", user: "machine" } }],
    clusters: [{ name: "here", cluster: { server } }],
    users: [{ name: "machine", user: { token } }],
  });
}

/** What `rotate kubernetes rbac` printed, as the cluster takes it. */
async function rulesPrintedBy({ rotate }: Stage): Promise<readonly KubernetesRule[]> {
  const { stdout } = await rotate("kubernetes", "rbac", "--json");
  const { clusters } = JSON.parse(stdout) as {
    readonly clusters: readonly {
      readonly objects: readonly { readonly kind: string; readonly rules?: readonly Printed[] }[];
    }[];
  };
  const roles = clusters.flatMap(({ objects }) => objects.filter(({ kind }) => kind === "Role"));
  return roles.flatMap(({ rules = [] }) =>
    rules.map(({ apiGroups, resources, ...rest }) => ({
      ...rest,
      resources: resources.map((resource) => `${resource}.${apiGroups[0]}`),
      namespaces: ["app"],
    })),
  );
}
interface Printed extends Omit<KubernetesRule, "namespaces"> {
  readonly apiGroups: readonly string[];
}

interface Fleet {
  readonly cluster: KubernetesDouble;
  readonly machines: readonly Machine[];
  readonly lines: () => readonly string[];
}

/** Machines whose account may do what was printed for them, and nothing else. */
async function openFleet(names: readonly string[], pause?: string): Promise<Fleet> {
  const cluster = await createKubernetesDouble({ users: { machine: { name: "rotate", rules: [] } } });
  onTestFinished(cluster.close);
  const diary = await openDiary();
  const files = { kubeconfig: kubeconfigFor(cluster.url) };
  const options = { head: byLease, diary: diary.file, files, ...(pause !== undefined && { pause }) };
  const machines = await Promise.all(names.map((name) => openMachine(name, options)));
  cluster.setUser("machine", { name: "rotate", rules: await rulesPrintedBy(machines[0]!) });
  return { cluster, machines, lines: diary.lines };
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

function holderOf(cluster: KubernetesDouble): string {
  const { spec } = cluster.object({ resource: "leases", namespace: "app", name: "web-0" }) ?? {};
  return (spec as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? "nobody knows";
}

/** A run that is killed with what it started as soon as its consumer is away. */
async function killAway({ directory, env, name }: Machine, lines: Fleet["lines"]): Promise<void> {
  const child = spawn(process.execPath, [cli, "run"], { cwd: directory, env, stdio: "ignore", detached: true });
  await vi.waitUntil(() => lines().includes(`${name} away`), { timeout: 60_000, interval: 20 });
  process.kill(-child.pid!, "SIGKILL");
}

interface Shown {
  readonly rotating?: { readonly phase: string; readonly waitsFor?: string };
}

async function shownBy({ rotate }: Stage): Promise<Shown> {
  const { rotations } = JSON.parse((await rotate("status", "--json")).stdout) as {
    readonly rotations: readonly Shown[];
  };
  return rotations[0]!;
}

describe("machines that see each other by Leases", () => {
  test("restart their consumers one after the other, with the rights that are printed for them", async () => {
    const { cluster, machines, lines } = await openFleet(["web-1", "web-2", "web-3"]);
    const ended = await Promise.all(machines.map(({ rotate }) => rotate("run")));
    expect(ended.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(
      machines.map(() => expect.stringMatching(/^0 app +rotated /)),
    );
    expect(lines().filter((line) => line.endsWith("away"))).toHaveLength(3);
    expect(mostAway(lines())).toBe(1);
    expect(holderOf(cluster)).toBe("");
  });

  test("go on when one died in the middle, not before it counts as dead, and say for whom they wait", async () => {
    const { cluster, machines, lines } = await openFleet(["web-1", "web-2"], "2");
    const [dead, next] = machines as [Machine, Machine];
    await killAway(dead, lines);
    const before = holderOf(cluster);
    const begun = performance.now();
    const running = next.rotate("run");
    await vi.waitUntil(async () => (await shownBy(next)).rotating?.waitsFor === before, { timeout: 20_000 });
    expect(await next.rotate("status", "app")).toMatchObject({
      stdout: expect.stringContaining(`waits for ${before}`),
    });
    expect((await running).code).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(4_500);
    expect(lines()).toEqual(["web-1 away", "web-2 away", "web-2 back"]);
    expect(holderOf(cluster)).toBe("");
  });

  test("stop where a consumer is not healthy, say so everywhere, and go on when it is", async () => {
    const { cluster, machines, lines } = await openFleet(["web-1", "web-2"]);
    const [ill, next] = machines as [Machine, Machine];
    await ill.write("sick", "");
    expect((await ill.rotate("run", "--timeout", "20s")).code).toBe(4);
    const stopped = await next.rotate("run", "--timeout", "20s");
    expect(stopped.code).toBe(4);
    expect(stopped.stdout).toContain(`the rolling of group web has stopped: ${holderOf(cluster)} is not healthy`);
    expect((await next.rotate("status", "--check")).code).toBe(4);
    expect(lines()).toEqual(["web-1 away"]);
    await rm(join(ill.directory, "sick"));
    expect((await ill.rotate("run", "--force")).code).toBe(0);
    expect((await next.rotate("run", "--force")).code).toBe(0);
    expect(lines().filter((line) => line.startsWith("web-2"))).toEqual(["web-2 away", "web-2 back"]);
    expect(holderOf(cluster)).toBe("");
  });

  test("mint nothing while their account may not see the Leases", async () => {
    const { cluster, machines, lines } = await openFleet(["web-1"]);
    cluster.setUser("machine", { name: "rotate", rules: [] });
    const { code, stdout } = await machines[0]!.rotate("run", "--timeout", "20s");
    expect(code).toBe(1);
    expect(stdout).toMatch(/ROTATE_PREFLIGHT_DENIED/);
    expect(stdout).toContain("leases");
    expect(lines()).toEqual([]);
  });
});

const lacking = postgresUnavailable();
test.skipIf(lacking)(
  `machines that share a state restart their consumers one after the other${lacking ? ` (${lacking})` : ""}`,
  async () => {
    const { host, port, superuser, password, close } = await startPostgres();
    onTestFinished(close);
    const diary = await openDiary();
    const head = "state: { type: postgres, url: { env: SHARED_URL }, key: { file: shared.key } }";
    const env = { SHARED_URL: `postgres://${superuser}:${password}@${host}:${port}/postgres` };
    const files = { "shared.key": Buffer.alloc(32, 7).toString("base64") };
    const options = { head, diary: diary.file, env, files };
    const machines = await Promise.all(["web-1", "web-2", "web-3"].map((name) => openMachine(name, options)));
    expect((await machines[0]!.rotate("state", "init")).code).toBe(0);
    const ended = await Promise.all(machines.map(({ rotate }) => rotate("run")));
    expect(ended.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(
      machines.map(() => expect.stringMatching(/^0 app +rotated /)),
    );
    expect(diary.lines().filter((line) => line.endsWith("away"))).toHaveLength(3);
    expect(mostAway(diary.lines())).toBe(1);
  },
);
