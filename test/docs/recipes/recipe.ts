/** What every recipe is tried with: its own text, placed in a folder, and stand-ins for what is around its consumer. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answering, installSystemd, type SystemdDouble } from "@rotate/doubles";
import { expect, onTestFinished } from "vitest";
import type { Stage } from "../../e2e/providers/support.ts";
import { root } from "../../support/workspace.ts";

/** The first block of a page in this language that holds these words. */
export function blockOf(page: string, language: string, words: string): string {
  const text = readFileSync(join(root, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
  const found = blocks.find(([, name, block = ""]) => name === language && block.includes(words))?.[2];
  if (found === undefined) throw new Error(`${page} has no ${language} with ${words}`);
  return found;
}

/** The spec of a recipe, with what differs here: each text, which must be there, and what stands for it. */
export function recipe(page: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce(
    (spec, [from, to]) => {
      if (!spec.includes(from)) throw new Error(`${page} does not say ${from} any more`);
      return spec.replaceAll(from, to);
    },
    blockOf(`recipes/${page}`, "yaml", "version: 1"),
  );
}

/** A service manager with one unit; `env` puts it on the PATH. */
export async function startUnit(
  name: string,
): Promise<{ readonly systemd: SystemdDouble; readonly env: Readonly<Record<string, string>> }> {
  const directory = mkdtempSync(join(tmpdir(), "rotate-units-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const systemd = await installSystemd(directory);
  systemd.setUnit(name);
  return { systemd, env: { PATH: `${directory}:${process.env["PATH"]}` } };
}

/** The consumer's own page of health or reload; `asked` counts the calls. */
export async function startSite(
  isWell: () => boolean = () => true,
): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const { url: site, close } = await answering(({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.authorization ?? ""}`.trim());
    response.writeHead(isWell() ? 200 : 503, { "content-type": "application/json" }).end("{}");
  });
  onTestFinished(close);
  return { url: site, asked };
}

/** What a real Java virtual machine reads there; undefined where none is installed. @param how `tree` or `properties` */
export function readByJava(how: "tree" | "properties", path: string): Readonly<Record<string, string>> | undefined {
  const quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
  const program = join(import.meta.dirname, "Reader.java");
  const { status, error, stdout, stderr } = spawnSync("java", [...quick, program, how, path], { encoding: "utf8" });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => line.split("\t") as [string, string]));
}

/** `rotate run` mints, publishes and reloads this rotation. */
export async function expectRotated({ rotate }: Stage, name: string): Promise<void> {
  const { code, stdout, stderr } = await rotate("run");
  expect(`exit ${code}: ${stdout}${stderr}`).toMatch(new RegExp(`^exit 0: ${name} +rotated `));
}
