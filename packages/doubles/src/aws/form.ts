import { invalidMember, refuse } from "./refusal.ts";

/** The parameters of a Query request, each given once. Throws AwsRefusal for one that is not known to the action. */
export type Form = Readonly<Record<string, string>>;

/** Reads a form body. */
export function readForm(body: string): Form {
  const entries = [...new URLSearchParams(body)];
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(400, "MalformedQueryString", `the parameter ${twice} stands there twice`);
  return Object.fromEntries(entries);
}

interface Rule {
  readonly pattern?: RegExp;
  readonly min?: number;
  readonly max?: number;
  readonly required?: true;
}

/** `roleSessionName` of `RoleSessionName`, as messages name it. */
function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Checks one text parameter against its shape in the service's model. */
export function checkText(form: Form, name: string, { pattern, min = 0, max, required }: Rule): void {
  const value = form[name];
  if (value === undefined) {
    if (required) invalidMember("", memberName(name), "Member must not be null");
    return;
  }
  if (max !== undefined && value.length > max) {
    invalidMember(value.slice(0, 80), memberName(name), `Member must have length less than or equal to ${max}`);
  }
  if (value.length < min) {
    invalidMember(value, memberName(name), `Member must have length greater than or equal to ${min}`);
  }
  if (pattern !== undefined && !pattern.test(value)) {
    invalidMember(value, memberName(name), `Member must satisfy regular expression pattern: ${pattern.source}`);
  }
}

/** Milliseconds of `DurationSeconds`, between 900 s and `max` (s). */
export function readLife(form: Form, { max, standard }: { readonly max: number; readonly standard: number }): number {
  const text = form["DurationSeconds"];
  if (text === undefined) return standard * 1000;
  if (!/^\d{1,9}$/.test(text)) invalidMember(text, "durationSeconds", "Member must be an integer");
  const seconds = Number(text);
  if (seconds < 900) invalidMember(text, "durationSeconds", "Member must have value greater than or equal to 900");
  if (seconds > max) invalidMember(text, "durationSeconds", `Member must have value less than or equal to ${max}`);
  return seconds * 1000;
}

/** `Name.member.1`, `Name.member.2`, … Throws AwsRefusal for a gap. */
export function readList(form: Form, name: string, suffix = ""): readonly string[] {
  const pattern = new RegExp(`^${name}\\.member\\.(\\d+)${suffix === "" ? "" : `\\.${suffix}`}$`);
  const found = Object.keys(form).flatMap((key) => Number(pattern.exec(key)?.[1] ?? Number.NaN) || []);
  const numbers = found.toSorted((a, b) => a - b);
  if (numbers.some((number, index) => number !== index + 1)) {
    refuse(400, "MalformedInput", `the list ${name} has a gap`);
  }
  return numbers.map((number) => form[`${name}.member.${number}${suffix === "" ? "" : `.${suffix}`}`] ?? "");
}

/** Refuses what the action does not take: a misspelt parameter would be ignored in silence. */
export function checkNames(form: Form, known: readonly string[]): void {
  const strange = Object.keys(form).find((name) => !["Action", "Version", ...known].includes(name.split(".")[0] ?? ""));
  if (strange !== undefined) refuse(400, "ValidationError", `unknown parameter ${strange}`);
}
