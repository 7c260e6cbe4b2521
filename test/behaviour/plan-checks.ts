import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, loadSpec, openEngine, openLocalBackend, type PlanReport } from "@rotate/core";
import { createRuntime } from "@rotate/runtime";

/** A spec of one rotation, in the words of the spec. */
export interface Asked {
  /** Where it stands, and its state. */
  readonly home: string;
  readonly provider: string;
  readonly request?: string;
  readonly sink?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const anySink = '{ type: file, path: token, values: { content: "{{ token }}" } }';

/** What `plan` says of it, in its checks: nothing is minted, and nothing written. */
export async function planChecks({
  home,
  provider,
  request = "{}",
  sink = anySink,
  env = {},
}: Asked): Promise<PlanReport["rotations"][number]["checks"]> {
  const text = `version: 1
name: demo
providers:
  it: ${provider}
rotations:
  app:
    provider: it
    request: ${request}
    sinks:
      - ${sink}
`;
  const file = join(home, "rotate.yaml");
  const { spec, diagnostics } = await loadSpec({
    file,
    text,
    home,
    env: { HOME: home },
    catalog: createCatalog(builtins),
  });
  if (spec === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const runtime = createRuntime({
    env: { HOME: home, PATH: process.env["PATH"], ...env },
    log: { write: () => undefined },
  });
  const backend = await openLocalBackend({ spec, runtime, stateDir: join(home, "state") });
  try {
    const { rotations } = await (await openEngine({ spec, runtime, backend })).plan();
    return rotations[0]?.checks ?? [];
  } finally {
    await backend.close();
  }
}
