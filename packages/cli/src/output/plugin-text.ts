import { stopsNetwork, type PackageEntry, type PluginReport, type Proposal } from "@rotate/core";

/** A package that is to be approved, for people: what it is, what it adds, what it touches, and what of that is held. */
export function packageText({ name, entry, types }: Proposal): string {
  if (entry.kind !== "npm") return name;
  return [
    `${name} ${sizeOf(entry)}`,
    `  adds      ${types.join(", ")}`,
    ...touches(entry),
    `  pinned    ${entry.integrity}`,
  ].join("\n");
}

/** A program that was approved. */
export function programText({ name, specimen, types }: Proposal): string {
  const { interpreter } = specimen.place ?? {};
  return [
    `${name}  approved`,
    `  adds      ${types.join(", ")}`,
    `  pinned    ${specimen.identity}`,
    ...(interpreter === undefined ? [] : [`  run by    ${interpreter} (not pinned, nor are its libraries)`]),
    "  may do    whatever you may: it is pinned and supervised, not confined",
  ].join("\n");
}

function sizeOf({ version, packages }: PackageEntry): string {
  const trees = Object.values(packages);
  const files = trees.flatMap((tree) => Object.keys(tree.files ?? {}));
  return `${version} (npm, ${counted(trees.length, "package")}, ${counted(files.length, "file")} of its own)`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** One line each: what a package speaks to, runs, and is given. */
function touches({ allow, describe }: PackageEntry): readonly string[] {
  const { hosts, commands, env } = allow;
  const secrets = [...new Set(Object.values(describe).flatMap(secretsOf))];
  const sinks = (describe.sinks ?? []).map(({ type }) => `every value that ${type} writes`);
  const given = [...secrets.map((name) => `the option \`${name}\``), ...env.map((name) => `$${name}`), ...sinks];
  return [
    `  speaks to ${hosts.length === 0 ? "nobody through rotate" : hosts.map(hostText).join(", ")}; ${networkOf(allow.network)}`,
    `  runs      ${commands.length === 0 ? "no commands" : `${commands.join(", ")} (a command may do whatever you may)`}`,
    `  is given  ${given.length === 0 ? "no secrets" : given.join(", ")}`,
    "  reads     its own packages, and files that its options name; writes none",
  ];
}

function hostText(word: string): string {
  const option = /^\{([^{}]+)\}$/.exec(word)?.[1];
  return option === undefined ? word : `the host in \`${option}\``;
}

/** What of the network is held, on the Node that runs this. */
function networkOf(network: "open" | undefined): string {
  if (network === "open") return "and opens connections of its own, to anywhere";
  return stopsNetwork()
    ? "enforced"
    : `NOT enforced on Node ${process.versions.node}, but from 26 on: it could speak to any host`;
}

function secretsOf(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap(({ options }: { readonly options: unknown }) => secretNames(options));
}

function secretNames(schema: unknown, name = ""): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { secret, properties = {}, anyOf = [], items } = schema as Readonly<Record<string, never>>;
  if (secret === true) return [name];
  const below = Object.entries(properties).flatMap(([key, inner]) => secretNames(inner, key));
  return [
    ...below,
    ...(anyOf as readonly unknown[]).flatMap((inner) => secretNames(inner, name)),
    ...secretNames(items, name),
  ];
}

/** One plugin of the list, with what holds it to what was approved. */
export function listedText({ name, version, state, types, problem, hint, ...report }: PluginReport): string {
  const head = [name, version ?? "", state, types.join(", "), heldText(report)];
  return [
    head.filter((word) => word !== "").join("  "),
    ...(problem === undefined ? [] : [`  ${problem}`]),
    ...(hint === undefined ? [] : [`  do  ${hint}`]),
  ].join("\n");
}

function heldText({ kind, network }: Pick<PluginReport, "kind" | "network">): string {
  if (kind === undefined) return "";
  if (kind === "executable") return "pinned, not confined";
  if (network === "open") return "confined but for its connections";
  return stopsNetwork() ? "confined" : `confined but for its connections (Node ${process.versions.node})`;
}
