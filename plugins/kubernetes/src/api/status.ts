import type { HttpAnswer, Infer } from "@rotate/plugin-kit";

const text = { type: "string" } as const;
const schema = {
  type: "object",
  properties: {
    kind: { const: "Status" },
    message: text,
    reason: text,
    details: {
      type: "object",
      properties: {
        name: text,
        kind: text,
        causes: {
          type: "array",
          items: { type: "object", properties: { reason: text, message: text, field: text } },
        },
      },
    },
  },
  required: ["kind"],
} as const;

/** `Status` (apimachinery meta/v1). Undefined: it is no word of an API server, as a proxy's page or the plain text of an overload. */
function statusOf(answer: HttpAnswer): Infer<typeof schema> | undefined {
  return answer.tryJson(schema);
}

/** What the server said, in one line; overload answers with plain text. */
export function saidBy(answer: HttpAnswer): string {
  const html = /html/i.test(answer.headers.get("content-type") ?? "");
  const said = statusOf(answer)?.message ?? (html ? "a web page answered" : answer.text());
  return said.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 400);
}

/** `NotFound/secrets/db: secrets "db" not found`: the reason, what it is about, and the message. */
export function refusedAs(answer: HttpAnswer): string {
  const { reason = "", details: { kind = "", name = "" } = {} } = statusOf(answer) ?? {};
  return `${[reason, kind, name].filter((word) => word !== "").join("/")}: ${saidBy(answer)}`;
}

/** Is it the server's own word that the object of that name is not there? */
export function saysMissing(answer: HttpAnswer, name: string): boolean {
  return answer.status === 404 && statusOf(answer)?.details?.name === name;
}

/** Another manager that owns a field we want to write. */
export interface OwnershipConflict {
  readonly manager: string;
  /** `.data.password`. */
  readonly field: string;
}

/** Whose fields an apply would have taken (apimachinery managedfields/internal/conflict.go); empty when the 409 is about something else. */
export function ownershipConflicts(answer: HttpAnswer): readonly OwnershipConflict[] {
  const causes = answer.status === 409 ? (statusOf(answer)?.details?.causes ?? []) : [];
  return causes
    .filter(({ reason }) => reason === "FieldManagerConflict")
    .map(({ message = "", field = "" }) => ({ manager: /"([^"]*)"/.exec(message)?.[1] ?? message, field }));
}
