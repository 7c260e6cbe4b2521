import { reference, templateOption, type Each, type Template } from "@rotate/runtime";
import type { Catalog } from "../catalog.ts";
import { templateOf } from "../compile/bind-template.ts";
import { isRecord } from "../fault.ts";
import type { ProviderEntry, Rotation, SinkEntry, Spec } from "../model.ts";
import { createTemplateParser } from "../templates.ts";
import { mark, type FrozenRotation, type FrozenSink, type FrozenSpec, type Marked } from "./frozen.ts";

/** The spec that was frozen, with the catalog's parts; undefined when it does not fit this build. Throws what `Catalog.find` throws. */
export async function thaw(frozen: FrozenSpec, catalog: Catalog): Promise<Spec | undefined> {
  const parts = new Map<string, object>();
  for (const [kind, type] of frozen.parts) {
    const part = await catalog.findChecked(kind, type); // the build that compiled it is in the key
    if (part === undefined) return undefined;
    parts.set(`${kind} ${type}`, part);
  }
  const templates = await createTemplates(frozen.templates);
  if (templates === undefined) return undefined;
  const read = createReader(parts, templates);
  const shared = frozen.shared.map(read);
  const providers = new Map(frozen.providers.map(([name, entry]) => [name, read(entry) as ProviderEntry]));

  // Of a spec of ten thousand: a rest of properties for each costs as much as all else that is done to it.
  function thawSink({ id, target, where, options, rest }: FrozenSink): SinkEntry {
    const common = shared[rest] as Omit<SinkEntry, keyof FrozenSink>;
    return { ...common, id, target, where, options: read(options) as SinkEntry["options"] };
  }
  function thawRotation({ name, hash, provider, request, rest, sinks }: FrozenRotation): Rotation {
    const common = shared[rest] as Omit<Rotation, keyof FrozenRotation>;
    const own = { name, hash, request: read(request) as Rotation["request"] };
    return { ...common, ...own, provider: providers.get(provider)!, sinks: sinks.map(thawSink) };
  }
  const head = read(frozen.head) as Omit<Spec, "providers" | "rotations">;
  return { ...head, providers, rotations: frozen.rotations.map(thawRotation) };
}

type Templates = (place: number, each: Each | undefined) => Template;

/** Each template is parsed once; one without `each` is one object for all who name it. Undefined when one is no template to this build. */
async function createTemplates(sources: readonly string[]): Promise<Templates | undefined> {
  const parse = await createTemplateParser(sources);
  const parsed = sources.flatMap((source) => {
    const result = parse(source);
    return "message" in result ? [] : [{ source, parsed: result, plain: templateOf(source, result, undefined) }];
  });
  if (parsed.length < sources.length) return undefined;
  return (place, each) => {
    const template = parsed[place]!;
    return each === undefined ? template.plain : templateOf(template.source, template.parsed, each);
  };
}

function createReader(parts: ReadonlyMap<string, object>, templates: Templates): (value: unknown) => unknown {
  const words = createWords();

  function read(value: unknown): unknown {
    if (typeof value === "string") return words(value);
    if (Array.isArray(value)) return value.map(read);
    if (!isRecord(value)) return value;
    const special = value[mark];
    if (special !== undefined) return readMarked(special as Marked);
    const copy: Record<string, unknown> = {};
    for (const key in value) copy[key] = read(value[key]);
    return copy;
  }

  function readMarked(marked: Marked): unknown {
    if (marked.kind === "part") return parts.get(marked.part.join(" "));
    if (marked.kind === "reference") return reference(marked.source, marked.secret);
    const template = templates(marked.template, marked.each);
    return marked.kind === "template" ? template : templateOption(template, marked.kind === "plain");
  }
  return read;
}

/** Longer is hardly a word that options choose from, and of more than so many they do not choose. */
const longest = 16;
const most = 256;

/** What many options say in the same word is one text: the parser makes another one each time. */
function createWords(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > longest) return text;
    const word = known.get(text);
    if (word === undefined && known.size < most) known.set(text, text);
    return word ?? text;
  };
}
