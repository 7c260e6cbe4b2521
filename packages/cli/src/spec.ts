import { resolve } from "node:path";
import {
  createCatalog,
  type Diagnostic,
  type LoadedSpec,
  loadSpec,
  type Spec,
  statePlaces,
  type SpecCacheOptions,
} from "@rotate/core";
import { builtins } from "@rotate/builtins";
import { count } from "./output/event-line.ts";
import type { Terminal } from "./output/terminal.ts";

/** A spec that cannot be run, with everything that is wrong with it. */
export class SpecError extends Error {
  readonly code = "ROTATE_SPEC_INVALID";
  readonly exitCode = 2;
  readonly diagnostics: readonly Diagnostic[];
  /** The same for people, with code frames. */
  readonly text: string;

  constructor(diagnostics: readonly Diagnostic[], text: string) {
    super(`${count(diagnostics.filter(({ severity }) => severity === "error").length, "fault")} in the spec`);
    this.diagnostics = diagnostics;
    this.text = text;
  }
}

/** How a command reads its spec. */
export interface ReadOptions {
  /** The process has nothing else to do meanwhile. */
  readonly blocking?: boolean;
  /** Keeps compiled specs for the next time. */
  readonly cache?: SpecCacheOptions | undefined;
  /** `--state-dir`, as given. */
  readonly stateDir?: string | undefined;
  /** Throw for a list that cannot be used as well, although the rest of the spec can. */
  readonly whole?: boolean;
}

/** The spec, read and checked offline, its warnings in `warnings`. Throws SpecError. @param file its path, or `-` for standard input */
export async function readSpec(
  file: string,
  terminal: Terminal,
  { whole = false, ...options }: ReadOptions = {},
): Promise<Spec> {
  const { spec, diagnostics } = await load(file, options);
  if (spec === undefined || (whole && spec.heldBack.length > 0)) {
    const { describe } = await import("./spec-faults.ts");
    throw new SpecError(diagnostics, describe(diagnostics, terminal));
  }
  return spec;
}

/** The same, with what is wrong in place of an error. */
export function load(
  file: string,
  { cache, stateDir, blocking, text }: Omit<ReadOptions, "whole"> & { readonly text?: string } = {},
): Promise<LoadedSpec> {
  const flag = stateDir === undefined ? undefined : resolve(stateDir);
  return loadSpec({
    file,
    text,
    blocking,
    catalog: createCatalog(builtins),
    cache,
    loadPlugin: async (name, directory) => (await import("./third-party.ts")).loadThirdParty(name, directory),
    own: (named) => statePlaces(named, { flag, env: process.env }),
  });
}
