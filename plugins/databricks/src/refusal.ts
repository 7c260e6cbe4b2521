import { badAnswer, httpRefusal, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { refusals } from "./readings.ts";

const errorBody = {
  type: "object",
  properties: {
    error_code: { type: ["string", "integer", "null"] },
    message: { type: ["string", "null"] },
    error: { type: ["string", "null"] },
    error_description: { type: ["string", "null"] },
    detail: { type: ["string", "null"] },
    details: {
      type: "array",
      items: { type: "object", properties: { retry_delay: { type: ["string", "null"] } } },
    },
  },
} as const;

interface Said {
  /** `CODE: message`; the code may be a number, as authentication errors have it. Empty when nothing was said. */
  readonly text: string;
  readonly message: string;
  /** Milliseconds. */
  readonly retryDelay?: number | undefined;
}

/**
 * An answer of the control plane that is no success, as a RotateError. Reads the service's own error, OAuth's, SCIM's, plain text, and a web page.
 * @param what what did not work, lower case @param remedy what to do when the login itself is refused
 */
export function refusal(what: string, answer: HttpAnswer, remedy: string): RotateError {
  if (isWebPage(answer) && answer.status < 500) return webPage(what, answer);
  const { text, message, retryDelay } = readBody(answer);
  const shown = message === "" ? what : `${what}: ${message}`;
  const about = { message: shown, said: text, advice: remedy, retryAfter: answer.retryAfter ?? retryDelay };
  return httpRefusal(refusals, answer, about);
}

/** A web page where JSON was due, with whatever status: the login page of a wrong host, or of a proxy on the way. Nothing took effect. */
export function webPage(what: string, answer: HttpAnswer): RotateError {
  const hint = "host must be the URL of a workspace, and no login page or proxy may stand between";
  const message = `${what}: a web page answered instead of the API (HTTP ${answer.status})`;
  return badAnswer(message, hint, { noEffect: true });
}

/** A page, or a redirect to one. */
export function isWebPage(answer: HttpAnswer): boolean {
  if (answer.status >= 300 && answer.status < 400) return true;
  return /html/i.test(answer.headers.get("content-type") ?? "") || /^\s*<(!doctype|html)/i.test(answer.text());
}

function readBody(answer: HttpAnswer): Said {
  const body = answer.tryJson(errorBody);
  if (body === undefined) return plain(answer.text());
  const code = String(body.error_code ?? body.error ?? "");
  const message = oneLine(body.message ?? body.error_description ?? body.detail ?? body.error ?? "");
  const delays = body.details?.map(({ retry_delay: delay }) => millisecondsOf(delay ?? undefined));
  return { text: `${code}: ${message}`, message, retryDelay: delays?.find((delay) => delay !== undefined) };
}

function plain(text: string): Said {
  const message = oneLine(text);
  return { text: message, message };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}

/** A protobuf Duration in JSON, `3s`. */
function millisecondsOf(duration: string | undefined): number | undefined {
  const seconds = /^(\d+(\.\d+)?)s$/.exec(duration ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
