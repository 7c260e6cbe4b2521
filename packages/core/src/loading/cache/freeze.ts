import { isReference, isTemplateOption, type Reference, type Template } from "@rotate/runtime";
import { isRecord } from "../fault.ts";
import { kinds } from "../kinds.ts";
import type { Rotation, Spec } from "../model.ts";
import { boundOf } from "../parts-of.ts";
import { isTemplate } from "../template.ts";
import { mark, type FrozenRotation, type FrozenSpec, type Marked, type PartName } from "./frozen.ts";

/** The spec as data; undefined when it holds something that cannot be written down. `thaw` makes the same spec of it. */
export function freeze(spec: Spec): FrozenSpec | undefined {
  const { rotations, providers, ...head } = spec;
  const parts = partsOf(spec);
  const templates = createPool<string>();
  const shared = createPool<string>();
  const plain = createWriter(parts, templates.add);

  function share(value: object): number {
    return shared.add(JSON.stringify(plain(value)));
  }

  function freezeRotation({ name, hash, provider, request, sinks, ...rest }: Rotation): FrozenRotation {
    const frozen = sinks.map(({ id, target, where, options, ...common }) => ({
      id,
      target,
      where,
      options: plain(options),
      rest: share(common),
    }));
    return { name, hash, provider: provider.name, request: plain(request), rest: share(rest), sinks: frozen };
  }

  try {
    return {
      head: plain(head),
      providers: [...providers].map(([name, entry]) => [name, plain(entry)] as const),
      rotations: rotations.map(freezeRotation),
      shared: shared.all().map((text) => JSON.parse(text) as unknown),
      templates: templates.all(),
      parts: [...parts.values()],
    };
  } catch (error) {
    if (error instanceof Unfreezable) return undefined;
    throw error;
  }
}

class Unfreezable extends Error {}

type PartNames = ReadonlyMap<object, PartName>;

function partsOf(spec: Spec): PartNames {
  return new Map(kinds.flatMap((kind) => boundOf[kind](spec).map(({ part, type }) => [part, [kind, type]] as const)));
}

/** Makes plain data of a part of a spec; what is more than data becomes an object with one marked key. */
function createWriter(parts: PartNames, template: (source: string) => number): (value: unknown) => unknown {
  function plain(value: unknown): unknown {
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") throw new Unfreezable();
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(plain);
    const part = parts.get(value);
    if (part !== undefined) return marked({ kind: "part", part });
    if (isReference(value)) return plainReference(value);
    if (isTemplateOption(value)) {
      return marked({ kind: value.plain === true ? "plain" : "option", ...plainTemplate(value.template) });
    }
    if (isTemplate(value)) return marked({ kind: "template", ...plainTemplate(value) });
    return isRecord(value) ? plainRecord(value) : refuse();
  }

  function plainTemplate({ source, each }: Template) {
    return { template: template(source), ...(each !== undefined && { each }) };
  }

  function plainRecord(value: object): object {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => (key === mark ? refuse() : [key, plain(inner)])),
    );
  }
  return plain;
}

function refuse(): never {
  throw new Unfreezable();
}

/** A reference whose text is still to be made a path or milliseconds of carries a function. */
function plainReference({ source, secret, finish }: Reference): object {
  return finish === undefined ? marked({ kind: "reference", source, secret }) : refuse();
}

function marked(what: Marked): object {
  return { [mark]: what };
}

/** Items, each kept once and known by its place. */
function createPool<T>() {
  const places = new Map<T, number>();
  return {
    add: (item: T): number => {
      const place = places.get(item) ?? places.size;
      places.set(item, place);
      return place;
    },
    all: () => [...places.keys()],
  };
}
