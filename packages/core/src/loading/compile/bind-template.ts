import { isRotateError, type Fields } from "@rotate/plugin-kit";
import type { Each, Template } from "@rotate/runtime";
import { exampleScope } from "../examples.ts";
import { nameOf, type Fault, type Path } from "../fault.ts";
import { didYouMean } from "../nearest.ts";
import {
  leaseFields,
  type ParsedTemplate,
  type ParseTemplate,
  type TemplateFault,
  type TemplateVariables,
} from "../template.ts";
import { loginFaults } from "../url-login.ts";

/** What a template may name. */
export interface Nameable {
  /** The provider's fields; undefined when they are not known, because the request or the provider has a fault of its own. */
  readonly fields: Fields | undefined;
  readonly each: Each | undefined;
}

interface Binding {
  readonly path: Path;
  readonly parse: ParseTemplate;
  readonly report: (fault: Fault) => void;
}

/** A template checked against what it may name. Reports what is wrong, and gives undefined then. */
export function bindTemplate(source: string, names: Nameable, { path, parse, report }: Binding): Template | undefined {
  const known = knownTo(parse, names);
  const before = known?.get(source);
  if (before !== undefined) return before;
  const template = bind(source, names, { path, parse, report });
  if (template !== undefined) known?.set(source, template);
  return template;
}

/** Most rotations of a large spec say the same: what was checked once, without a fault, is one template for all of them. */
const sound = new WeakMap<ParseTemplate, WeakMap<Fields, Map<string, Template>>>();

function knownTo(parse: ParseTemplate, { fields, each }: Nameable): Map<string, Template> | undefined {
  if (fields === undefined || each !== undefined) return undefined;
  const ofParser = sound.get(parse) ?? new WeakMap<Fields, Map<string, Template>>();
  sound.set(parse, ofParser);
  const known = ofParser.get(fields) ?? new Map<string, Template>();
  ofParser.set(fields, known);
  return known;
}

function bind(source: string, names: Nameable, { path, parse, report }: Binding): Template | undefined {
  const parsed = parse(source);
  if ("message" in parsed) {
    report(toFault(parsed, path));
    return undefined;
  }
  const faults = [
    ...parsed.variables.flatMap((variable) => checkVariable(variable, names) ?? []),
    ...loginFaults(source, names.each),
    ...(parsed.variables.some(([name]) => name === "previous") ? previousFaults(source, parsed, names) : []),
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
    fields: [...new Set(names.filter((name) => !reserved.includes(name)))],
    ...(names.includes("previous") && { isOfTwo: true }),
    ...(each && { each }),
    render: ({ fields, lease, previous }) =>
      parsed.render({ ...fields, lease, ...(previous && { previous }), ...(each && { each }) }),
  };
}

/** Words before a dot that are no fields. */
const reserved: readonly string[] = ["lease", "each", "previous"];

function toFault({ message, hint, word }: TemplateFault, path: Path): Fault {
  return { path, message: `${nameOf(path)}: ${message}`, hint, ...(word !== undefined && { word }) };
}

function checkVariable(
  [name = "", part, ...rest]: readonly string[],
  { fields, each }: Nameable,
): TemplateFault | undefined {
  const whole = [name, part, ...rest].filter((word) => word !== undefined).join(".");
  if (name === "lease") return checkPart(whole, part, leaseFields);
  if (name === "previous")
    return part === undefined ? undefined : checkField(part, rest, { fields, before: "previous." });
  if (name === "each") return each === undefined ? noEach(whole) : checkPart(whole, part, Object.keys(each));
  return checkField(name, part === undefined ? rest : [part, ...rest], { fields, before: "" });
}

function checkField(
  name: string,
  parts: readonly string[],
  { fields, before }: { readonly fields: Fields | undefined; readonly before: string },
): TemplateFault | undefined {
  if (fields === undefined) return undefined;
  const shown = `${before}${name}`;
  if (!Object.hasOwn(fields, name)) {
    const known = [
      ...Object.keys(fields).map((field) => before + field),
      ...leaseFields.map((field) => `lease.${field}`),
    ];
    return { message: `the credential has no field "${name}"`, hint: didYouMean(shown, known), word: shown };
  }
  const word = [shown, ...parts].join(".");
  return parts.length === 0
    ? undefined
    : { message: `the field "${name}" is text and has no parts`, hint: `write {{ ${shown} }}`, word };
}

/** The first credential has none before it: what can be rendered with both only, would fail after the first mint. */
function previousFaults(source: string, parsed: ParsedTemplate, { fields, each }: Nameable): readonly TemplateFault[] {
  if (fields === undefined) return [];
  if (!source.includes("{%") && parsed.variables.some(([name, part]) => name === "previous" && part === undefined))
    return [{ message: "`previous` is no text: it has the fields of the credential", word: "previous" }];
  const { fields: texts, lease } = exampleScope(fields);
  const first = { ...texts, lease, ...(each && { each }) };
  if (!renders(parsed, { ...first, previous: texts }) || renders(parsed, first)) return [];
  const hint = "write {% if previous %}…{% endif %} around it: the first credential has none before it";
  return [{ message: "it cannot be rendered without `previous`", hint, word: "previous" }];
}

function renders(parsed: ParsedTemplate, variables: TemplateVariables): boolean {
  try {
    parsed.render(variables);
    return true;
  } catch (error) {
    if (isRotateError(error)) return false;
    throw error;
  }
}

function checkPart(whole: string, part: string | undefined, known: readonly string[]): TemplateFault | undefined {
  if (part !== undefined && known.includes(part)) return undefined;
  return { message: `there is no "${whole}"`, hint: didYouMean(part ?? "", known), word: whole };
}

function noEach(whole: string): TemplateFault {
  return { message: `"${whole}" needs \`foreach\` on the rotation`, word: whole };
}
