/** Asks all who can be asked how the rotations stand, and compares what they say. */
import type { Judge } from "./judge.ts";
import { specFault, type Said, type Stage } from "./stage.ts";

/** How one rotation stands. */
export interface Row {
  readonly name: string;
  readonly state: string;
  readonly alarm?: string;
  readonly exit: number;
  readonly credential?: { readonly fingerprint: string };
}

interface Answer {
  readonly rotations: readonly Row[];
}

/** What one instant showed. */
export interface Sample {
  /** As `status --json` has it. */
  readonly rotations: readonly Row[];
  /** Rotations that stood alike before and after all were asked. */
  readonly compared: number;
  readonly differing: readonly string[];
}

/** A connection that was kept is closed after five silent seconds: maybe in this instant. */
async function textAt(url: string): Promise<string> {
  const answer = await fetch(url).catch(() => fetch(url));
  return answer.text();
}

/** As the page has it. */
export async function pageRows({ url }: Stage): Promise<ReadonlyMap<string, Row>> {
  const { rotations } = JSON.parse(await textAt(`${url}/api/v1/rotations`)) as Answer;
  return new Map(rotations.map((row) => [row.name, row]));
}

interface Measured {
  readonly state?: string;
  readonly isReady?: boolean;
}

async function measuredRows({ url }: Stage): Promise<ReadonlyMap<string, Measured>> {
  const text = await textAt(`${url}/metrics`);
  const rows = new Map<string, Measured>();
  for (const line of text.split("\n")) {
    const name = /rotation="([^"]*)"/.exec(line)?.[1];
    if (name === undefined) continue;
    const isOne = line.endsWith(" 1");
    if (line.startsWith("rotate_credential_state{") && isOne)
      rows.set(name, { ...rows.get(name), state: /state="([^"]*)"/.exec(line)![1]! });
    if (line.startsWith("rotate_credential_ready_status{")) rows.set(name, { ...rows.get(name), isReady: isOne });
  }
  return rows;
}

const severity = [3, 4, 1];

function worstOf(rows: Iterable<Row>): number {
  const exits = new Set([...rows].map(({ exit }) => exit));
  return severity.find((code) => exits.has(code)) ?? 0;
}

function isSame(one: Row | undefined, other: Row | undefined): boolean {
  const mark = (row: Row | undefined): string => `${row?.state} ${row?.exit} ${row?.credential?.fingerprint}`;
  return mark(one) === mark(other);
}

/** Whoever asks while somebody saves reads half a spec, is told so, and asks again. */
async function ask(stage: Stage, flag: string): Promise<Said> {
  for (let tries = 0; tries < 10; tries++) {
    const said = await stage.rotate("status", flag);
    if (said.code !== specFault) return said;
  }
  throw new Error(`status ${flag} takes the spec for faulty`);
}

/** The page's JSON first and last: of what stood alike in both, all others must say the same, and what the judge knows. */
export async function sample(stage: Stage, judge: Judge): Promise<Sample> {
  const before = await pageRows(stage);
  const held = new Map([...before.keys()].map((name) => [name, stage.leftOf(name)]));
  // All at once: the less time passes, the more stands still.
  const [measured, status, check] = await Promise.all([
    measuredRows(stage),
    ask(stage, "--json"),
    ask(stage, "--check"),
  ]);
  const after = await pageRows(stage);
  const { rotations } = JSON.parse(status.stdout) as Answer;
  const steady = rotations.filter(({ name }) => isSame(before.get(name), after.get(name)));
  const differing = steady.flatMap((row) => {
    const [page, gauges] = [before.get(row.name), measured.get(row.name)];
    const isOne =
      isSame(page, row) && gauges?.state === row.state && gauges.isReady === (row.exit === 0) && row.name !== "";
    return isOne
      ? []
      : [`${row.name}: status ${row.state}/${row.exit}, page ${page?.state}/${page?.exit}, ${JSON.stringify(gauges)}`];
  });
  differing.push(...rotations.flatMap((row) => judge.untruthOf(row, held.get(row.name)) ?? []));
  const [first, last] = [worstOf(before.values()), worstOf(after.values())];
  // A trouble of the daemon itself, as a spec that is half written, makes what is well a 1.
  const isExit = check.code === first || (first === 0 && check.code === 1);
  if (steady.length === rotations.length && first === last && !isExit)
    differing.push(`status --check exits ${check.code}, the page shows ${first}`);
  return { rotations, compared: steady.length, differing };
}
