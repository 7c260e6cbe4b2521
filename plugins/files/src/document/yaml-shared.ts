import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, visit } from "yaml";
import { invalid } from "../fault.ts";
import { formatPointer, type Path } from "./pointer.ts";
import { keyOf, pairsOf } from "./yaml-nodes.ts";

/** Refuses an alias, and a scalar with an anchor or a tag: a text there would change other places, or lose what the tag says. Throws INVALID. */
export function guard(document: Document.Parsed, node: Node, pointer: string): void {
  if (isAlias(node)) {
    const source = node.resolve(document);
    const place = source === undefined ? undefined : placeOf(document, source);
    throw invalid(
      `there is an alias at ${pointer}, so other places would change with it`,
      place === undefined
        ? "write the value out at that key"
        : `write the value out at that key, or name the place that the alias stands for: ${formatPointer(place)}`,
    );
  }
  if (!isScalar(node)) return;
  if (node.anchor !== undefined) {
    throw invalid(
      `there is an anchor at ${pointer}, so other places would change with it`,
      "write the value out at that key",
    );
  }
  if (node.tag !== undefined) {
    throw invalid(
      `the value at ${pointer} has the tag ${node.tag}, which a text would lose`,
      "remove the tag, or choose another key",
    );
  }
}

/**
 * Refuses a new mapping in the place of one that a merge key brings in (`<<: *common`, yaml.org/type/merge): for all who know merge keys it would
 * hide that one whole. A scalar of its own may stand over one that is merged.
 */
export function refuseHiding(
  document: Document.Parsed,
  { parent, missing }: { parent: Node; missing: Path },
  path: Path,
): void {
  const [step = "", ...below] = missing;
  const hidden = mergedValue(document, parent, step);
  if (hidden === undefined || (below.length === 0 && isScalar(hidden))) return;
  const here = formatPointer(path.slice(0, path.length - below.length));
  const place = placeOf(document, hidden);
  const count = isMap(hidden) ? ` with its ${hidden.items.length} keys` : "";
  throw invalid(
    `what stands at ${here} comes from a merge key (<<), and a mapping written there would hide it${count}`,
    place === undefined
      ? "write that mapping out at its place"
      : `name the place that it comes from, ${formatPointer([...place, ...below])}, or write that mapping out at its place`,
  );
}

/** What merge keys bring in under a name; of several sources the first one counts. */
function mergedValue(document: Document.Parsed, node: Node, step: string): Node | undefined {
  for (const source of sourcesOf(document, node)) {
    const own = pairsOf(source, step)[0]?.value;
    const found = isAlias(own) ? own.resolve(document) : own;
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

/** The mappings that merge keys bring in, and what those bring in themselves; none twice. */
function sourcesOf(document: Document.Parsed, node: Node): readonly Node[] {
  const found = new Set([node]);
  for (const each of found) for (const source of mergedInto(document, each)) found.add(source);
  return [...found].slice(1);
}

function mergedInto(document: Document.Parsed, node: Node): readonly Node[] {
  return pairsOf(node, "<<")
    .flatMap(({ value }) => (isSeq<Node>(value) ? value.items : value === null ? [] : [value]))
    .flatMap((source) => (isAlias(source) ? (source.resolve(document) ?? []) : [source]));
}

/** The path of a node of the document itself. */
function placeOf(document: Document.Parsed, wanted: Node): Path | undefined {
  let place: Path | undefined;
  visit(document, {
    Node(key, node, ancestors) {
      if (node !== wanted) return undefined;
      place = stepsTo(key, ancestors);
      return visit.BREAK;
    },
  });
  return place;
}

function stepsTo(key: number | "key" | "value" | null, ancestors: readonly unknown[]): Path {
  const steps = ancestors.flatMap((ancestor, index) => {
    if (isPair<Node>(ancestor)) return [keyOf(ancestor.key)];
    const child = ancestors[index + 1];
    return isSeq(ancestor) && child !== undefined ? [String(ancestor.items.indexOf(child))] : [];
  });
  return typeof key === "number" ? [...steps, String(key)] : steps;
}
