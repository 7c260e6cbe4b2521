import { applyEdits, modify } from "jsonc-parser";

/** The text of a JSON object with one member set, or taken out where undefined; all else stays byte for byte. */
export function withMember(text: string, key: string, value: string | undefined): string {
  return applyEdits(text, modify(text, [key], value, {}));
}
