import type { FlagAsker } from "./asker.ts";
import { splitWords } from "./words.ts";

/** A reference as it stands in a spec. */
export type Source = Readonly<Record<string, string | readonly string[]>>;

const forms = /^(env|file|credential|exec):(.+)$/s;

/** `env:NAME`, `file:PATH`, `credential:NAME` or `exec:COMMAND` as the reference that it stands for. */
export function sourceOf(text: string): Source | undefined {
  const [, kind, rest = ""] = forms.exec(text) ?? [];
  if (kind === undefined) return undefined;
  return { [kind]: kind === "exec" ? splitWords(rest) : rest };
}

const places = [
  {
    value: "env",
    label: "an environment variable",
    ask: "its name (not its value)",
    example: "CLIENT_SECRET",
    form: /^[A-Za-z_][A-Za-z0-9_]*$/,
  },
  { value: "file", label: "a file", ask: "its path", example: "/run/secrets/client-secret", form: /^\S/ },
  {
    value: "credential",
    label: "a credential of the systemd unit",
    ask: "its name",
    example: "client-secret",
    form: /^[A-Za-z0-9._-]+$/,
  },
  {
    value: "exec",
    label: "what a command prints",
    ask: "the command",
    example: "pass show client-secret",
    form: /^\S/,
  },
] as const;

interface Asked {
  readonly key: string;
  readonly message: string;
  readonly isNeeded: boolean;
}

/** Where a secret is read; never the secret. Undefined when it may be left out, and is. */
export async function askForSource(asker: FlagAsker, { key, message, isNeeded }: Asked): Promise<Source | undefined> {
  if (asker.isGiven(key)) return sourceOf(await asker.text({ key, message, check: wrongSource }));
  if (!isNeeded) return undefined;
  const kind = await asker.choose({
    key: `${key}.from`,
    message: `${message}; where is it read?`,
    choices: places,
    initial: "env",
  });
  const place = places.find(({ value }) => value === kind) ?? places[0];
  const answer = await asker.text({
    key,
    message: `${message}: ${place.ask}`,
    example: place.example,
    check: (text) => (place.form.test(text) ? undefined : `write ${place.ask}, such as ${place.example}`),
  });
  return sourceOf(`${place.value}:${answer}`);
}

/** The text is not repeated: it may be the secret. */
function wrongSource(text: string): string | undefined {
  return sourceOf(text) === undefined
    ? "say where it is read: env:NAME, file:PATH, credential:NAME or exec:COMMAND"
    : undefined;
}
