import { isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import { invalid } from "../fault.ts";

/** The name of a key. */
export function keyOf(key: Node): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** What a node is, for walking a path. */
export function kindOf(node: Node): "mapping" | "list" | "scalar" {
  return isMap(node) ? "mapping" : isSeq(node) ? "list" : "scalar";
}

/** What stands under a name, or at an index. Throws INVALID for a key without a colon. */
export function childrenOf(node: Node, step: string): readonly Node[] {
  if (isSeq<Node>(node)) return node.items.filter((_, index) => String(index) === step);
  return pairsOf(node, step).map(({ value }) => {
    if (value !== null) return value;
    throw invalid(`the key ${step} has no value at all`, "write it as a key with a colon behind it");
  });
}

/** The entries of a mapping under a name; none of any other node. */
export function pairsOf(node: Node, step: string): readonly Pair<Node, Node | null>[] {
  if (!isMap<Node, Node | null>(node)) return [];
  return node.items.filter(({ key }) => isScalar(key) && String(key.value) === step);
}

/** The parts of a scalar; of any other node, none. */
export function asScalar(node: Node): {
  readonly value: unknown;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
} {
  return isScalar(node) ? node : { value: undefined };
}

/** Where the node's own text stands. */
export function rangeOf({ range }: Node): readonly [number, number] {
  return range ? [range[0], range[1]] : [0, 0];
}
