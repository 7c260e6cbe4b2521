/** What the sources say of themselves, read from their syntax tree. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor, type ESTree } from "vite";
import { filesUnder, root, workspaces } from "../support/workspace.ts";

/** A source file of a package, parsed. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly program: ESTree.Program;
  /** Where doc comments end, as offsets into the text. */
  readonly docEnds: readonly number[];
}

/** A named place of a source. */
export interface Place {
  readonly name: string;
  /** `path:line`. */
  readonly at: string;
}

/** Every source file of every package; 700 of them take about a second. */
export function allSources(): readonly Source[] {
  const files = workspaces().flatMap(({ folder }) => filesUnder(`${folder}/src`, ".ts"));
  return files.map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const { program, comments } = parseSync(file, text);
    const docs = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
    return { file, text, program, docEnds: docs.map(({ end }) => end) };
  });
}

function lineOf({ text }: Source, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** A comment counts for what stands right below it: with a line between them it is the file's. */
function isDocumented({ text, docEnds }: Source, start: number): boolean {
  return docEnds.some((end) => end < start && text.slice(end, start) === "\n");
}

function namesOf(declaration: ESTree.Declaration): readonly string[] {
  if (declaration.type === "VariableDeclaration")
    return declaration.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "a pattern"));
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : ["unnamed"];
}

/** `export default plugin` says what `const plugin` says. */
function startOfDefault({ declaration, start }: ESTree.ExportDefaultDeclaration, { body }: ESTree.Program): number {
  const isIt = (node: ESTree.Program["body"][number]): boolean =>
    node.type === "VariableDeclaration" &&
    declaration.type === "Identifier" &&
    namesOf(node).includes(declaration.name);
  return body.find(isIt)?.start ?? start;
}

/** The declarations that a source exports, with the start of the statement. What it only passes on from another file is documented there. */
function exportsOf({ program }: Source): readonly { readonly name: string; readonly start: number }[] {
  return program.body.flatMap((node) => {
    if (node.type === "ExportDefaultDeclaration") return [{ name: "default", start: startOfDefault(node, program) }];
    if (node.type !== "ExportNamedDeclaration" || node.declaration === null) return [];
    return namesOf(node.declaration).map((name) => ({ name, start: node.start }));
  });
}

/** Exported declarations without a doc comment; of overloads, the first has it. */
export function undocumented(source: Source): readonly Place[] {
  const first = new Map(
    exportsOf(source)
      .toReversed()
      .map(({ name, start }) => [name, start]),
  );
  return [...first]
    .filter(([, start]) => !isDocumented(source, start))
    .map(([name, start]) => ({ name, at: `${source.file}:${lineOf(source, start)}` }));
}

/** How long a function is. */
export interface Length extends Place {
  readonly lines: number;
  /** Without the functions declared inside it, which count by themselves. */
  readonly own: number;
}

/** Every function of a source that has a body. */
export function lengthsOf(source: Source): readonly Length[] {
  const found: { readonly node: ESTree.Node; readonly name: string | undefined }[] = [];
  function note(node: ESTree.Function | ESTree.ArrowFunctionExpression): void {
    found.push({ node, name: "id" in node ? node.id?.name : undefined });
  }
  new Visitor({ FunctionDeclaration: note, FunctionExpression: note, ArrowFunctionExpression: note }).visit(
    source.program,
  );
  const linesOf = ({ start, end }: ESTree.Node): number => lineOf(source, end) - lineOf(source, start) + 1;
  return found.map(({ node, name = "unnamed" }) => {
    const within = found.filter((one) => one.node.start > node.start && one.node.end <= node.end);
    const outermost = within.filter(
      (one) => !within.some((other) => other.node.start < one.node.start && other.node.end >= one.node.end),
    );
    const lines = linesOf(node);
    const own = lines - outermost.reduce((sum, one) => sum + linesOf(one.node) - 1, 0);
    return { name, at: `${source.file}:${lineOf(source, node.start)}`, lines, own };
  });
}
