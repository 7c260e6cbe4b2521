import { httpError, type ErrorDetails, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { clockHint, oneLine } from "@rotate/plugin-kit/tokens";

const errorBody = { type: "object", properties: { message: { type: ["string", "null"] } } } as const;

interface Row {
  readonly pattern: RegExp;
  readonly status?: number;
  readonly details: Partial<ErrorDetails>;
  /** The reader's clock is to blame: the hint says by how much. */
  readonly clock?: true;
}

const denied = { code: "DENIED", retryable: false } as const;
const invalid = { code: "INVALID", retryable: false } as const;

/** For an app that is not taken. */
export const appRemedy =
  "check appId and privateKey: both belong to one app, and the key is still listed in its settings";

/** What GitHub says, first match counts (docs.github.com/rest/apps, "Troubleshooting the REST API"). */
const rows: readonly Row[] = [
  {
    pattern: /'?(issued at|expiration time)'? claim|'(iat|exp)'/i,
    details: denied,
    clock: true,
  },
  {
    pattern: /JSON web token could not be decoded|must generate a public key|integration not found/i,
    details: { ...denied, hint: appRemedy },
  },
  {
    pattern: /suspended/i,
    details: { ...denied, hint: "the installation is suspended: its owner can resume it in the settings" },
  },
  {
    pattern: /IP allow list/i,
    details: { ...denied, hint: "add this machine's address to the IP allow list of the organisation" },
  },
  {
    pattern: /permissions requested are not granted/i,
    details: {
      ...invalid,
      hint: "grant the app that permission, and have the installation accept it, or ask for less",
    },
  },
  {
    pattern: /repository that does not exist or is not accessible/i,
    details: {
      code: "NOT_FOUND",
      retryable: false,
      hint: "check request.repositories: names without owner, each given to the installation",
    },
  },
  {
    pattern: /not accessible by integration/i,
    details: { ...denied, hint: "the app lacks the permission for this call" },
  },
  { pattern: /./, status: 422, details: { ...invalid, hint: "check request.repositories and request.permissions" } },
];

interface About {
  /** Wall clock, ms since 1970. */
  readonly now: number;
  /** What to do when GitHub does not say why. */
  readonly remedy: string;
}

/** An answer of GitHub that is no success, as a RotateError. */
export function refusal(what: string, answer: HttpAnswer, { now, remedy }: About): RotateError {
  const said = oneLine(answer.tryJson(errorBody)?.message ?? "");
  const message = said === "" ? what : `${what}: ${said}`;
  const limit = limitOf(answer, said, now);
  if (limit !== undefined) return httpError(message, answer, limit);
  if (answer.status >= 500) {
    return httpError(message, answer, { hint: "GitHub is down or overloaded: see githubstatus.com, if it lasts" });
  }
  const row = rows.find(({ pattern, status }) => pattern.test(said) && (status ?? answer.status) === answer.status);
  const hint = row?.clock ? clockHint(answer, now) : remedy;
  return httpError(message, answer, { hint, ...row?.details });
}

/** Without a time, GitHub asks to wait at least a minute (docs.github.com/rest, "Rate limits for the REST API"). */
const leastWait = 60_000;

/** The primary limit says when it is over, the secondary one perhaps; both may come as 403. */
function limitOf(
  { status, headers, retryAfter }: HttpAnswer,
  said: string,
  now: number,
): Partial<ErrorDetails> | undefined {
  const spent = headers.get("x-ratelimit-remaining") === "0";
  const limited = status === 429 || (status === 403 && (spent || /rate limit/i.test(said)));
  if (!limited) return undefined;
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN) * 1000 - now;
  const wait = retryAfter ?? (spent && reset > 0 ? reset : leastWait);
  const hint = "GitHub limits the calls of this app: fewer rotations at one moment";
  return { code: "RATE_LIMITED", retryable: true, retryAfter: wait, hint };
}
