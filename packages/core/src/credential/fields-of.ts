import { isTemplateOption } from "@rotate/runtime";
import type { Rotation } from "../loading/model.ts";

/** The fields that the templates among options name, each once. */
export function fieldsIn(options: unknown): readonly string[] {
  if (isTemplateOption(options)) return options.template.fields;
  if (typeof options !== "object" || options === null) return [];
  return [...new Set(Object.values(options).flatMap(fieldsIn))];
}

/** Does one of its sinks, or what is verified, name the credential before the current one? */
export function namesPrevious({ sinks, verify }: Pick<Rotation, "sinks" | "verify">): boolean {
  const inValues = sinks.some(({ values }) => Object.values(values).some(({ isOfTwo }) => isOfTwo === true));
  return inValues || [...sinks, ...verify].some(({ options }) => hasPrevious(options));
}

function hasPrevious(options: unknown): boolean {
  if (isTemplateOption(options)) return options.template.isOfTwo === true;
  return typeof options === "object" && options !== null && Object.values(options).some(hasPrevious);
}
