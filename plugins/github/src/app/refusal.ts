import {
  byOutage,
  bySilence,
  httpRefusal,
  meanings,
  type HttpAnswer,
  type Refusals,
  type RotateError,
} from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";

const errorBody = { type: "object", properties: { message: { type: ["string", "null"] } } } as const;

const { denied, invalid, limited, missing } = meanings;

/** For an app that is not taken. */
export const appRemedy =
  "check appId and privateKey: both belong to one app, and the key is still listed in its settings";

const limits = "GitHub limits the calls of this app: fewer rotations at one moment";

/** What any call may meet. Limits may come as 403 with any words: see `limitOf`. */
export const anyCall: Refusals = [
  { ...limited, said: /^RATE_LIMITED:/, hint: limits },
  ...byOutage({ down: "GitHub is down or overloaded: see githubstatus.com, if it lasts", limited: limits }),
  {
    ...denied,
    said: /IP allow list/i,
    hint: "add this machine's address to the IP allow list of the organisation",
  },
];

/** What GitHub refuses an app (docs.github.com/rest/apps, "Troubleshooting the REST API"). */
export const refusals: Refusals = [
  ...anyCall,
  { ...denied, said: /'?(issued at|expiration time)'? claim|'(iat|exp)'/i, clock: true },
  {
    ...denied,
    said: /JSON web token could not be decoded|must generate a public key|integration not found/i,
    hint: appRemedy,
  },
  {
    ...denied,
    said: /suspended/i,
    hint: "the installation is suspended: its owner can resume it in the settings",
  },
  {
    ...invalid,
    said: /permissions requested are not granted/i,
    hint: "grant the app that permission, and have the installation accept it, or ask for less",
  },
  {
    ...missing,
    said: /repository that does not exist or is not accessible/i,
    hint: "check request.repositories: names without owner, each given to the installation",
  },
  { ...denied, said: /not accessible by integration/i, hint: "the app lacks the permission for this call" },
  { ...invalid, status: 422, hint: "check request.repositories and request.permissions" },
  ...bySilence(),
];

interface About {
  /** Wall clock, ms since 1970. */
  readonly now: number;
  /** What to do when GitHub does not say why. */
  readonly remedy: string;
  /** What is refused by the call that was made. Default: the table of an app and its installations. */
  readonly table?: Refusals;
}

/** An answer of GitHub that is no success, as a RotateError. */
export function refusal(what: string, answer: HttpAnswer, { now, remedy, table = refusals }: About): RotateError {
  const text = oneLine(answer.tryJson(errorBody)?.message ?? "");
  const wait = limitOf(answer, text, now);
  const said = wait === undefined ? text : `RATE_LIMITED: ${text}`;
  const about = { message: text === "" ? what : `${what}: ${text}`, said, advice: remedy, now };
  return httpRefusal(table, answer, { ...about, ...(wait !== undefined && { retryAfter: wait }) });
}

/** Without a time, GitHub asks to wait at least a minute (docs.github.com/rest, "Rate limits for the REST API"). Milliseconds. */
const leastWait = 60_000;

/** The primary limit says when it is over, the secondary one perhaps; both may come as 403. Milliseconds to wait; undefined: it is no limit. */
function limitOf({ status, headers, retryAfter }: HttpAnswer, said: string, now: number): number | undefined {
  const spent = headers.get("x-ratelimit-remaining") === "0";
  if (status !== 429 && !(status === 403 && (spent || /rate limit/i.test(said)))) return undefined;
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN) * 1000 - now;
  return retryAfter ?? (spent && reset > 0 ? reset : leastWait);
}
