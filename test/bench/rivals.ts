import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startOpenBao, openBaoProgram, type OpenBao } from "@rotate/doubles";
import { root } from "../support/workspace.ts";
import { costOf, type Job } from "./cost.ts";
import { medianOf } from "./measure.ts";
import type { Bench, Row } from "./section.ts";

const many = 1_000;

/** `GOBIN=.cache/bench-tools go install github.com/hashicorp/consul-template@latest`. */
const consulTemplate = join(root, ".cache/bench-tools/consul-template");

/** The first start of a thousand secrets of a KV store: what people would use instead, at the same server. */
export async function measureRivals(bench: Bench): Promise<readonly Row[] | string> {
  if (openBaoProgram() === undefined) return "bao is missing (npm run test:setup)";
  const bao = await startOpenBao();
  try {
    for (let index = 0; index < many; index++)
      await bao.write(`secret/data/s${index}`, { data: { password: `password-${index}-of-the-bench` } });
    return compareWith(bao, bench);
  } finally {
    await bao.close();
  }
}

function compareWith(bao: OpenBao, bench: Bench): readonly Row[] | string {
  const others: readonly (readonly [string, (folder: string) => Job])[] = [
    ...(existsSync(consulTemplate) ? [["consul-template", (folder: string) => templateJob(bao, folder)] as const] : []),
    ["the OpenBao agent", (folder) => agentJob(bao, folder)],
  ];
  const costs = new Map<string, { readonly cpu: number[]; readonly wall: number[] }>();
  for (let round = 0; round < Math.max(1, Math.ceil(bench.rounds / 10)); round++)
    for (const [name, jobOf] of [["rotate", (folder: string) => ourJob(bao, folder, bench)] as const, ...others]) {
      const folder = join(bench.base, `${round}-${name.replaceAll(" ", "-")}`);
      mkdirSync(folder);
      const { cpu, wall } = costOf(jobOf(folder));
      const known = costs.get(name) ?? { cpu: [], wall: [] };
      costs.set(name, { cpu: [...known.cpu, cpu], wall: [...known.wall, wall] });
    }
  const ours = costs.get("rotate")!;
  return others.flatMap(([name]): readonly Row[] => {
    const theirs = costs.get(name)!;
    const goals = name === "consul-template" ? ([{ most: 0.9 }, { most: 0.8 }] as const) : [];
    const measured = "first start of 1,000 KV secrets";
    const ratio = (kind: "cpu" | "wall"): number => medianOf(ours[kind]) / medianOf(theirs[kind]);
    return [
      {
        measured,
        against: `${name}, CPU`,
        figure: ratio("cpu"),
        ...(goals[0] && { goal: goals[0] }),
        floor: "0.45 to 0.64",
      },
      { measured, against: `${name}, time`, figure: ratio("wall"), ...(goals[1] && { goal: goals[1] }) },
    ];
  });
}

function environment(bao: OpenBao, folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    VAULT_ADDR: bao.url,
    VAULT_TOKEN: bao.token,
    BAO_ADDR: bao.url,
    BAO_TOKEN: bao.token,
  };
}

function ourJob(bao: OpenBao, folder: string, { program }: Bench): Job {
  const rotations = Array.from({ length: many }, (_, index) => [
    `s${index}`,
    {
      provider: "kv",
      request: { path: `s${index}`, fields: { password: "password" } },
      refresh: { every: "1h" },
      sinks: [{ type: "file", path: `s${index}`, values: { content: "{{ password }}" } }],
    },
  ]);
  const providers = {
    kv: { type: "vault-kv", address: bao.url, auth: { method: "token", token: { env: "VAULT_TOKEN" } } },
  };
  writeFileSync(
    join(folder, "rotate.json"),
    JSON.stringify({ version: 1, name: "kv", providers, rotations: Object.fromEntries(rotations) as object }),
  );
  const env = { ...environment(bao, folder), ROTATE_STATE_DIR: join(folder, "state") };
  return { argv: [process.execPath, program, "run", "-f", "rotate.json"], cwd: folder, env };
}

function templateOf(index: number): string {
  return `{{ with secret "secret/data/s${index}" }}{{ .Data.data.password }}{{ end }}`;
}

function templateJob(bao: OpenBao, folder: string): Job {
  const blocks = Array.from(
    { length: many },
    (_, index) =>
      `template {\n  contents = ${JSON.stringify(templateOf(index))}\n  destination = "${join(folder, `s${index}`)}"\n  perms = 0600\n}`,
  );
  writeFileSync(join(folder, "config.hcl"), `vault {\n  renew_token = false\n}\n${blocks.join("\n")}\n`);
  return { argv: [consulTemplate, "-once", "-config", "config.hcl"], cwd: folder, env: environment(bao, folder) };
}

function agentJob(bao: OpenBao, folder: string): Job {
  writeFileSync(join(folder, "token"), bao.token, { mode: 0o600 });
  const head = `exit_after_auth = true\nvault {\n  address = "${bao.url}"\n}\nauto_auth {\n  method "token_file" {\n    config = { token_file_path = "${join(folder, "token")}" }\n  }\n}\n`;
  const blocks = Array.from(
    { length: many },
    (_, index) =>
      `template {\n  contents = ${JSON.stringify(templateOf(index))}\n  destination = "${join(folder, `s${index}`)}"\n}`,
  );
  writeFileSync(join(folder, "agent.hcl"), head + blocks.join("\n"));
  return { argv: [bao.program, "agent", "-config=agent.hcl"], cwd: folder, env: environment(bao, folder) };
}
