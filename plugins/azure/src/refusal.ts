import { httpError, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { clockHint, oneLine, webPage } from "@rotate/plugin-kit/tokens";
import { byError, byNumber, byStatus, type Reading } from "./readings.ts";

const errorBody = {
  type: "object",
  properties: {
    error: { type: "string" },
    error_description: { type: ["string", "null"] },
    error_codes: { type: "array", items: { type: "integer" } },
  },
  required: ["error"],
} as const;

/** An error of the token endpoint, whatever the status; undefined when the answer is none. `now` in ms since 1970. */
export function entraRefusal(answer: HttpAnswer, what: string, now: number): RotateError | undefined {
  const page = webPage(answer, what, stranger);
  if (page !== undefined) return page;
  const body = answer.tryJson(errorBody);
  if (body === undefined) return answer.ok ? undefined : httpError(what, answer, byStatus(answer.status));
  const { error, error_description: description, error_codes: numbers = [] } = body;
  const message = `${what}: ${error}${description ? `: ${firstLine(description)}` : ""}`;
  if (answer.status === 429 || answer.status >= 500) return httpError(message, answer, byStatus(answer.status));
  const { clock, ...reading } = readingOf(error, [...numbers, ...numberIn(description ?? "")]);
  return httpError(message, answer, clock ? { ...reading, hint: clockHint(answer, now) } : reading);
}

function readingOf(error: string, numbers: readonly number[]): Reading {
  const known = numbers.map((number) => byNumber[number]).find((reading) => reading !== undefined);
  const hint = "look the AADSTS number up at login.microsoftonline.com/error";
  return known ?? byError[error] ?? { code: "INVALID", retryable: false, hint };
}

function numberIn(description: string): readonly number[] {
  const found = /AADSTS(\d+)/.exec(description)?.[1];
  return found === undefined ? [] : [Number(found)];
}

/** Behind the first line stand trace id, correlation id and time. */
function firstLine(text: string): string {
  const [line = ""] = text.split(/\r?\n| Trace ID: /);
  return oneLine(line);
}

/** An error of the instance metadata service or App Service; undefined when the answer is none. */
export function identityRefusal(answer: HttpAnswer): RotateError | undefined {
  const what = "no token of the managed identity";
  const page = webPage(answer, what, stranger);
  if (page !== undefined) return page;
  const body = answer.tryJson(errorBody);
  if (answer.ok && body === undefined) return undefined;
  const said = firstLine(body?.error_description ?? body?.error ?? "");
  return httpError(said === "" ? what : `${what}: ${said}`, answer, identityReading(answer, said));
}

/** How long an update of the service may take (410), milliseconds. */
const updateTime = 70_000;

/** 404 and 410 pass: the service is starting, or being updated (how-to-use-vm-token, "Retry guidance"). */
function identityReading({ status, retryAfter }: HttpAnswer, said: string) {
  if (/identity not found|no (user assigned|managed) identity/i.test(said)) {
    const hint = "give the machine or app that identity (az vm identity assign), or correct auth";
    return { code: "NOT_FOUND", retryable: false, hint } as const;
  }
  if (status === 404 || status === 410) {
    const hint = "the service is starting or being updated; it may work a little later";
    const wait = retryAfter ?? (status === 410 ? updateTime : undefined);
    return { code: "UNAVAILABLE", retryable: true, noEffect: true, retryAfter: wait, hint } as const;
  }
  if (status === 401 || status === 403) {
    return { code: "DENIED", retryable: false, hint: "IDENTITY_HEADER is not taken: restart the app" } as const;
  }
  if (status >= 408) return byStatus(status);
  return { code: "INVALID", retryable: false, hint: "check request.scope and the ids in auth" } as const;
}

const stranger = "a proxy or login page stands between, or the authority is not Entra's";
