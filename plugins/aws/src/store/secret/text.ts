import { RotateError, type Values } from "@rotate/plugin-kit";

/** What the secret's text is: a flat JSON object with our members in it, or one value alone. */
export type Format = "json" | "value";
type Texts = Readonly<Record<string, string | undefined>>;

/** Our keys in a text; those that are not there are left out. Throws INVALID for a text that is no JSON object. */
export function readText(text: string, keys: readonly string[], format: Format): Texts {
  if (format === "value") return Object.fromEntries(keys.map((key) => [key, text]));
  const members = membersOf(text);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = Object.hasOwn(members, key) ? members[key] : undefined;
      return value === undefined ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]];
    }),
  );
}

/** The text with our keys set, or taken out where undefined; all else stays as it is written, byte for byte. */
export async function editText(before: string | undefined, values: Texts, format: Format): Promise<string> {
  if (format === "value") return Object.values(values)[0] ?? "";
  if (before === undefined) return JSON.stringify(values);
  const members = membersOf(before);
  const changed = Object.entries(values).filter(
    ([key, value]) => !Object.hasOwn(members, key) || members[key] !== value,
  );
  const { withMember } = await import("./members.ts");
  return changed.reduce((text, [key, value]) => withMember(text, key, value), before);
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  const value = parsed(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new RotateError("the secret's text is no JSON object", {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "set `format: value` to write the whole text, or store a JSON object once",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The one text of `format: value`, or what is to be set. Throws INVALID when the spec gives several values for one text. */
export function textsOf(values: Values, format: Format): Readonly<Record<string, string>> {
  if (format === "value") refuseSeveral(Object.keys(values));
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()]));
}

/** Throws INVALID: one text is one value. */
export function refuseSeveral(keys: readonly string[]): void {
  if (keys.length <= 1) return;
  throw new RotateError(`one text takes one value, and the spec gives ${keys.length}: ${keys.join(", ")}`, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "write one key under `values`, or set `format: json`",
  });
}
