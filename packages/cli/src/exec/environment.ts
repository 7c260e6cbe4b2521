import type { Engine, Rotation } from "@rotate/core";
import { UsageError } from "../failure.ts";
import { shortage, tooShort } from "../shortage.ts";

/** What a command is given. */
export interface Given {
  readonly values: Readonly<Record<string, string>>;
  /** When the first of it ends, ms since 1970; Infinity: never. */
  readonly ends: number;
  /** The word that it was lent to. */
  readonly word: string;
}

/** Refuses, before anything is minted, rotations that have nothing for a command, and two that name one variable. Throws UsageError. @param served by endpoints that the command finds */
export function refuseUnfit(
  rotations: readonly Rotation[],
  { revoke, served }: { readonly revoke: boolean; readonly served: ReadonlySet<string> },
): void {
  const owners = new Map<string, string>();
  for (const { name, sinks } of rotations) {
    const keys = variablesOf({ sinks });
    if (keys.length === 0 && !served.has(name))
      throw new UsageError(
        `${name} has no sink of type env, and no endpoint serves it: it has nothing for a command`,
        "add { type: env, values: { TOKEN: … } } to its sinks",
      );
    for (const key of keys) {
      const other = owners.get(key) ?? name;
      if (other !== name)
        throw new UsageError(`both ${other} and ${name} name the variable ${key}`, "name one of them");
      owners.set(key, name);
    }
    if (revoke && sinks.some(({ type }) => type !== "env"))
      throw new UsageError(
        `--revoke-on-exit would take the credential of ${name} from its other sinks too`,
        "use a rotation of its own for the command",
      );
  }
}

/** The variables that its `env` sinks name. */
export function variablesOf({ sinks }: Pick<Rotation, "sinks">): readonly string[] {
  return sinks.flatMap(({ type, values }) => (type === "env" ? Object.keys(values) : []));
}

/** What a command is not to inherit, as it would win over what its rotations give it. */
export function hiding(rotations: readonly Rotation[]): readonly string[] {
  return rotations.flatMap(({ sinks }) =>
    sinks.flatMap(({ type, part, values }) =>
      type === "env" ? (part.shadowedBy?.(Object.keys(values), {}) ?? []) : [],
    ),
  );
}

interface Asking {
  readonly minRemaining: number;
  /** Whom it is lent to. */
  readonly word: string;
  /** ms since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** The current credentials, rotated first when they are due. Throws EngineError as `engine.credential`, and `ROTATE_CREDENTIAL_SHORT`. */
export async function currentValues(
  engine: Pick<Engine, "credential">,
  names: readonly string[],
  { minRemaining, word, now, signal }: Asking,
): Promise<Given> {
  const found = await Promise.all(names.map((name) => engine.credential(name, { minRemaining, lendTo: word, signal })));
  for (const { name, expiresAt } of found) {
    const short = shortage(expiresAt, { now: now(), wanted: minRemaining });
    if (short !== undefined && minRemaining > 0) throw tooShort(`${name}: ${short}`);
  }
  const ends = found.map(({ expiresAt }) => (expiresAt === undefined ? Infinity : Date.parse(expiresAt)));
  const values = Object.assign({}, ...found.map(({ environment }) => environment)) as Given["values"];
  return { values, ends: Math.min(...ends), word };
}

/** Two commands need not be told apart that were given the same. */
export function isSame(one: Given, other: Given): boolean {
  const [a, b] = [Object.entries(one.values), other.values];
  return a.length === Object.keys(b).length && a.every(([key, value]) => b[key] === value);
}
