/** What several rotations are in trouble for, told once: a view of how they stand, for every surface that tells of trouble. Pure. */
import type {
  CauseReport,
  ErrorReport,
  CallPlace,
  RotationReport,
  RotationStatus,
  StandingCode,
  StandingReport,
} from "../report.ts";

/** One rotation that is not well, whoever tells of it. */
interface Trouble {
  readonly name: string;
  readonly provider: string;
  readonly standing: StandingReport;
  /** What its last try failed of, the first failure first. */
  readonly errors: readonly ErrorReport[];
  readonly nextAt?: string;
  readonly since?: string;
  /** Held by another process. */
  readonly locked: boolean;
}

/** The troubles of these rotations, grouped by code and provider: worst first, then the one that the most have. None for what is well. */
export function causesOf(rotations: readonly (RotationReport | RotationStatus)[]): readonly CauseReport[] {
  const troubles = rotations.map(readTrouble).filter(isTrouble).toSorted(byHaste);
  const groups = Map.groupBy(troubles, idOf);
  return [...groups.values()]
    .map(describeGroup)
    .toSorted((one, other) => rank(one.exit) - rank(other.exit) || other.names.length - one.names.length);
}

/** Each with the `id` of its cause. */
export function withCauses<Status extends RotationStatus>(
  rotations: readonly Status[],
  causes: readonly CauseReport[],
): readonly Status[] {
  const ids = new Map(causes.flatMap(({ id, names }) => names.map((name) => [name, id] as const)));
  return rotations.map((rotation) => {
    const cause = ids.get(rotation.name);
    return cause === undefined ? rotation : { ...rotation, cause };
  });
}

function idOf(trouble: Trouble): string {
  return `${codeOf(trouble)}/${trouble.provider}`;
}

function readTrouble(told: RotationReport | RotationStatus): Trouble {
  const { name, provider, nextAt, lastError } = told;
  const head = { name, provider, ...(nextAt !== undefined && { nextAt }) };
  if (!("standing" in told)) {
    const errors = lastError !== undefined && failsByError.has(told.code) ? [lastError] : [];
    const { failingSince: since } = told;
    return { ...head, ...(since !== undefined && { since }), standing: told, errors, locked: false };
  }
  const { standing, outcome, phases } = told;
  const failed = phases.flatMap(({ error }) => error ?? []);
  const tried = outcome === "rotated" || outcome === "renewed" || outcome === "reused" ? [] : failed;
  const kept = tried.length === 0 && lastError !== undefined && failsByError.has(standing.code) ? [lastError] : tried;
  return { ...head, standing, errors: kept, locked: outcome === "locked" };
}

/** Standings that say no more than that tries fail: the error says why. The others say it themselves. */
const failsByError: ReadonlySet<StandingCode> = new Set([
  "ended",
  "margin",
  "late",
  "mixed",
  "owed",
  "login",
  "failing",
  "list",
  "never",
]);

function isTrouble({ standing, errors, locked }: Trouble): boolean {
  return standing.exit !== 0 || errors.length > 0 || locked;
}

function codeOf({ standing, errors: [error], locked }: Trouble): string {
  return error?.code ?? (locked && standing.exit === 0 ? "locked" : standing.code);
}

function describeGroup(group: readonly Trouble[]): CauseReport {
  const [worst] = group as readonly [Trouble, ...Trouble[]];
  const { provider, standing, errors } = worst;
  const code = codeOf(worst);
  const [error] = errors;
  const phase = error && phaseOf(error);
  const hint = error === undefined ? remedyOf(standing.code, group) : error.hint;
  const messages = group.flatMap(messagesOf);
  const ends = group.filter(({ standing: { state } }) => state !== "expired").map((one) => one.standing.expiresAt);
  const past = group.filter(({ standing: { state } }) => state === "expired").map((one) => one.standing.expiresAt);
  return {
    id: idOf(worst),
    code,
    provider,
    state: standing.state,
    exit: standing.exit,
    ...(phase !== undefined && { phase }),
    messages: [...new Set(messages)],
    ...(hint !== undefined && { hint }),
    ...(error?.docs !== undefined && { docs: error.docs }),
    isError: error !== undefined,
    names: group.map(({ name }) => name),
    states: Object.fromEntries([...Map.groupBy(group, stateOf)].map(([state, { length }]) => [state, length])),
    ...earliest(
      "since",
      group.map((one) => one.since),
    ),
    ...earliest(
      "nextAt",
      group.map((one) => one.nextAt),
    ),
    ...earliest("endedAt", past),
    ...earliest("firstEnd", ends),
  };
}

function stateOf({ standing: { state } }: Trouble): StandingReport["state"] {
  return state;
}

function messagesOf({ standing, errors, locked }: Trouble): readonly string[] {
  if (errors.length > 0) return errors.map(({ message }) => message);
  if (standing.reason !== undefined && standing.exit !== 0) return [standing.reason];
  return locked ? ["another process is at work on it"] : [];
}

const callPlaces: readonly CallPlace[] = [
  "recover",
  "observe",
  "preflight",
  "mint",
  "verify",
  "prepare",
  "commit",
  "undo",
  "reload",
  "health",
  "settle",
  "retire",
  "renew",
];

/** The codes of failed phases bear their name: `ROTATE_MINT_DENIED`. */
function phaseOf({ code }: ErrorReport): CallPlace | undefined {
  return callPlaces.find((phase) => code.startsWith(`ROTATE_${phase.toUpperCase()}_`));
}

/** What to do about a standing that no failed call explains; undefined where its reason says it. */
function remedyOf(code: StandingCode, group: readonly Trouble[]): string | undefined {
  const name = group.length === 1 ? (group[0]?.name ?? "NAME") : "NAME";
  return remedies[code]?.(name);
}

function late(name: string): string {
  return `is cron, the timer or \`rotate watch\` alive? \`rotate run ${name}\` renews it now`;
}

/** Of a machine that is not heard of: `app@web-3` is told of by another, `app` is pinned to it, NAME stands for several. */
function revive(name: string): string {
  const told = name === "NAME" ? "NAME@MACHINE" : name;
  const end = told.includes("@") ? `\`rotate forget ${told}\`` : "name another `host`";
  return `start \`rotate watch\` or its timer there again, with \`ROTATE_HOST\` where the host name is another; where it is gone for good, ${end}`;
}

const remedies: Readonly<Partial<Record<StandingCode, (name: string) => string>>> = {
  never: (name) => `see what a run would do: \`rotate plan ${name}\`; then \`rotate run\``,
  revoked: late,
  ended: late,
  margin: late,
  late,
  gone: revive,
  foreign: (name) => `\`rotate run ${name} --force\` if this machine took over`,
  "too-slow": () => "run more often, use `rotate watch`, or ask for a longer `ttl`",
  rule: () => "say when it is replaced: `refresh: { every: … }` or `{ cron: … }`",
};

function earliest<K extends string>(key: K, instants: readonly (string | undefined)[]): { readonly [P in K]?: string } {
  const [first] = instants.filter((instant) => instant !== undefined).toSorted();
  return (first === undefined ? {} : { [key]: first }) as { readonly [P in K]?: string };
}

const severity = [3, 4, 1] as const;

function rank(exit: StandingReport["exit"]): number {
  const at = severity.findIndex((known) => known === exit);
  return at === -1 ? severity.length : at;
}

/** Worst first, then by what ends soonest. */
function byHaste(one: Trouble, other: Trouble): number {
  return compareStanding(one.standing, other.standing) || one.name.localeCompare(other.name, "en");
}

function endOf({ expiresAt }: StandingReport): number {
  return expiresAt === undefined ? Infinity : Date.parse(expiresAt);
}

/** Orders standings for people: the worst first, of the same by what ends soonest. */
export function compareStanding(one: StandingReport, other: StandingReport): number {
  const sooner = endOf(one) - endOf(other);
  return rank(one.exit) - rank(other.exit) || (Number.isNaN(sooner) ? 0 : sooner);
}
