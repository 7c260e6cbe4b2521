import type { Fields } from "@rotate/plugin-kit";
import type { Each, Template } from "@rotate/runtime";
import { nameOf, type Fault, type Path } from "../fault.ts";
import { didYouMean } from "../nearest.ts";
import { leaseFields, type ParsedTemplate, type ParseTemplate, type TemplateFault } from "../template.ts";
import { loginFaults } from "../url-login.ts";

/** What a template may name. */
export interface Nameable {
  /** The provider's fields; undefined when they are not known, because the request or the provider has a fault of its own. */
  readonly fields: Fields | undefined;
  readonly each: Each | undefined;
}

/** A template checked against what it may name. Reports what is wrong, and gives undefined then. */
export function bindTemplate(
  source: string,
  names: Nameable,
  {
    path,
    parse,
    report,
  }: { readonly path: Path; readonly parse: ParseTemplate; readonly report: (fault: Fault) => void },
): Template | undefined {
  const parsed = parse(source);
  if ("message" in parsed) {
    report(toFault(parsed, path));
    return undefined;
  }
  const faults = [
    ...parsed.variables.flatMap((variable) => checkVariable(variable, names) ?? []),
    ...loginFaults(source, names.each),
  ];
  for (const fault of faults) report(toFault(fault, path));
  if (faults.length > 0) return undefined;
  return templateOf(source, parsed, names.each);
}

/** A template that was checked. */
export function templateOf(source: string, parsed: ParsedTemplate, each: Each | undefined): Template {
  const names = parsed.variables.map(([name = ""]) => name);
  return {
    source,
    fields: [...new Set(names.filter((name) => name !== "lease" && name !== "each"))],
    ...(each && { each }),
    render: ({ fields, lease }) => parsed.render({ ...fields, lease, ...(each && { each }) }),
  };
}

function toFault({ message, hint, word }: TemplateFault, path: Path): Fault {
  return { path, message: `${nameOf(path)}: ${message}`, hint, ...(word !== undefined && { word }) };
}

function checkVariable(
  [name = "", part, ...rest]: readonly string[],
  { fields, each }: Nameable,
): TemplateFault | undefined {
  const whole = [name, part, ...rest].filter((word) => word !== undefined).join(".");
  if (name === "lease") return checkPart(whole, part, leaseFields);
  if (name === "each") return each === undefined ? noEach(whole) : checkPart(whole, part, Object.keys(each));
  if (fields === undefined) return undefined;
  if (!Object.hasOwn(fields, name)) {
    const hint = didYouMean(name, [...Object.keys(fields), ...leaseFields.map((field) => `lease.${field}`)]);
    return { message: `the credential has no field "${name}"`, hint, word: name };
  }
  return part === undefined
    ? undefined
    : { message: `the field "${name}" is text and has no parts`, hint: `write {{ ${name} }}`, word: whole };
}

function checkPart(whole: string, part: string | undefined, known: readonly string[]): TemplateFault | undefined {
  if (part !== undefined && known.includes(part)) return undefined;
  return { message: `there is no "${whole}"`, hint: didYouMean(part ?? "", known), word: whole };
}

function noEach(whole: string): TemplateFault {
  return { message: `"${whole}" needs \`foreach\` on the rotation`, word: whole };
}
