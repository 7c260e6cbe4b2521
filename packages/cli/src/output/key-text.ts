/** `rotate explain KEY`: what a key of a spec may hold. */
import type { ExplainedBelow, ExplainedKey } from "@rotate/core";
import { type Look, wrap } from "./look.ts";

/** The key, what it means, and what stands below it. */
export function renderKey(
  { path, type, description, default: preset, examples = [], keys }: ExplainedKey,
  look: Look,
): string {
  const { paint } = look;
  const facts = [
    ...(preset === undefined ? [] : [`default  ${shown(preset)}`]),
    ...(examples.length === 0 ? [] : [`such as  ${examples.map(shown).join("  ")}`]),
  ];
  return [
    `${paint("bold", path === "" ? "the spec" : path)}  ${paint("dim", `<${type}>`)}`,
    ...(description === undefined ? [] : [wrap(description, look, { first: 2, rest: 2 })]),
    ...facts.map((fact) => wrap(fact, look, { first: 2, rest: 11 })),
    ...(keys.length === 0 ? [] : ["", ...keys.map((key) => renderBelow(key, look))]),
  ].join("\n");
}

function renderBelow({ name, type, description = "", required }: ExplainedBelow, look: Look): string {
  const kind = type === "type" ? "" : `  ${look.paint("dim", `<${type}>`)}`;
  const head = `  ${look.paint("bold", name)}${kind}${required ? `  ${look.paint("yellow", "required")}` : ""}`;
  return description === "" ? head : `${head}\n${wrap(description, look, { first: 6, rest: 6 })}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
