/** The author's provider with each call watched: what it minted, and whether it is at work or waits for virtual time. */
import { isSecret, type Context, type Minted, type Provider } from "@rotate/plugin-kit";

/** One credential that was minted. */
export interface MintedInWeek {
  /** Virtual, ms since 1970. */
  readonly at: number;
  /** Infinity: never. */
  readonly until: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** What a provider does meanwhile. */
export interface Calls {
  readonly provider: Provider;
  readonly minted: readonly MintedInWeek[];
  /** A call is at work that virtual time does not concern. */
  readonly isAtWork: () => boolean;
  /** Secrets that came up. */
  readonly secrets: ReadonlySet<string>;
}

type Method = (...given: readonly unknown[]) => Promise<unknown>;

/** Watches the calls of a provider. @param now virtual @param tell is waited for before each */
export function watched(provider: Provider, now: () => number, tell: () => Promise<void>): Calls {
  const minted: MintedInWeek[] = [];
  const secrets = new Set<string>();
  let working = 0;

  function watch(method: Method): Method {
    return async (...given) => {
      working += 1;
      try {
        await tell();
        return await method.apply(provider, given.map(withSleep));
      } finally {
        working -= 1;
      }
    };
  }
  /** Who sleeps is not at work. */
  function withSleep(value: unknown): unknown {
    if (!isContext(value)) return value;
    const sleep: Context["sleep"] = async (ms) => {
      working -= 1;
      try {
        await value.sleep(ms);
      } finally {
        working += 1;
      }
    };
    return { ...value, sleep };
  }
  const methods = Object.entries(provider).flatMap(([name, member]) =>
    typeof member === "function" && verbs.includes(name) ? [[name, watch(member as Method)] as const] : [],
  );
  const made = { ...provider, ...Object.fromEntries(methods) };
  async function mint(...given: Parameters<Provider["mint"]>): Promise<Minted> {
    const asked = now();
    const answer = await made.mint(...given);
    const { expires } = answer;
    const until = expires === "never" ? Infinity : expires instanceof Date ? expires.getTime() : asked + expires.in;
    const fields = textsOf(answer);
    for (const [name, value] of Object.entries(answer.fields)) if (isSecret(value)) secrets.add(fields[name] ?? "");
    minted.push({ at: asked, until, fields });
    return answer;
  }
  return { provider: { ...made, mint }, minted, isAtWork: () => working > 0, secrets };
}

const verbs: readonly string[] = [
  "login",
  "keepAlive",
  "check",
  "mint",
  "renew",
  "revoke",
  "revokeValue",
  "find",
  "lives",
];

function isContext(value: unknown): value is Context {
  return typeof value === "object" && value !== null && "sleep" in value && "signal" in value;
}

function textsOf({ fields }: Minted): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : value.reveal()]),
  );
}
