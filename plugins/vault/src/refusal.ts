import { httpRefusal, type HttpAnswer, type Refusals, type RotateError } from "@rotate/plugin-kit";
import { refusals } from "./readings.ts";

/** What a request did to which path. */
export interface Addressed {
  readonly verb: "GET" | "POST" | "PATCH" | "DELETE";
  /** Without `/v1/`. */
  readonly path: string;
}

const texts = { type: "array", items: { type: "string" } } as const;
const errorBody = { type: "object", properties: { errors: texts }, required: ["errors"] } as const;
const warningBody = { type: "object", properties: { warnings: texts }, required: ["warnings"] } as const;

/** An answer that is no success, as a RotateError that names the path. `table`: of a call whose refusals mean something else. */
export function refusal(
  { verb, path }: Addressed,
  answer: HttpAnswer,
  { table = refusals }: { readonly table?: Refusals } = {},
): RotateError {
  const said = saidBy(answer);
  const what = `cannot ${verb === "GET" ? "read" : "write"} ${path}`;
  return httpRefusal(table, answer, { message: said === "" ? what : `${what}: ${said}`, said });
}

/** What an answer says went wrong, in one line: its errors, else its warnings, else what a proxy wrote. */
export function saidBy(answer: HttpAnswer): string {
  const lines = answer.tryJson(errorBody)?.errors ?? answer.tryJson(warningBody)?.warnings ?? [plainText(answer)];
  return lines
    .map(oneLine)
    .filter((line) => line !== "")
    .join("; ")
    .slice(0, 400);
}

function plainText(answer: HttpAnswer): string {
  if (answer.tryJson({ type: "object" }) !== undefined) return "";
  return /html/i.test(answer.headers.get("content-type") ?? "") ? "a web page answered" : answer.text();
}

/** The server lists errors on lines of their own, with a count before them (go-multierror). */
function oneLine(text: string): string {
  return text
    .replaceAll(/\d+ errors? occurred:/g, " ")
    .replaceAll(/\s*\*\s+/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
