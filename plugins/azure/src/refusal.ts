import { httpRefusal, type HttpAnswer, type RotateError } from "@rotate/plugin-kit";
import { oneLine, webPage } from "@rotate/plugin-kit/tokens";
import { identityRefusals, refusals } from "./readings.ts";

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
  if (body === undefined) {
    return answer.ok ? undefined : httpRefusal(refusals, answer, { message: what, said: "", now });
  }
  const { error, error_description: description, error_codes: numbers = [] } = body;
  const shown = `${error}${description ? `: ${firstLine(description)}` : ""}`;
  const said = `${numbers.map((number) => `AADSTS${number} `).join("")}${shown}`;
  return httpRefusal(refusals, answer, { message: `${what}: ${shown}`, said, now });
}

/** Behind the first line stand trace id, correlation id and time. */
function firstLine(text: string): string {
  const [line = ""] = text.split(/\r?\n| Trace ID: /);
  return oneLine(line);
}

/** How long an update of the service may take (410), milliseconds. */
const updateTime = 70_000;

/** An error of the instance metadata service or App Service; undefined when the answer is none. */
export function identityRefusal(answer: HttpAnswer): RotateError | undefined {
  const what = "no token of the managed identity";
  const page = webPage(answer, what, stranger);
  if (page !== undefined) return page;
  const body = answer.tryJson(errorBody);
  if (answer.ok && body === undefined) return undefined;
  const said = firstLine(body?.error_description ?? body?.error ?? "");
  const retryAfter = answer.retryAfter ?? (answer.status === 410 ? updateTime : undefined);
  return httpRefusal(identityRefusals, answer, { message: said === "" ? what : `${what}: ${said}`, said, retryAfter });
}

const stranger = "a proxy or login page stands between, or the authority is not Entra's";
