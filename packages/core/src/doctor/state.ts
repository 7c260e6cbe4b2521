import { accessSync, constants, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Runtime } from "@rotate/runtime";
import type { Backend } from "../backend/backend.ts";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import { openLocalBackend } from "../local/open-local.ts";
import { otherStates, stateElsewhere } from "../local/other-states.ts";
import { chooseStateDir, toldStateDir } from "../local/state-dir.ts";
import type { Finding } from "./finding.ts";

/** How the state stands, and a backend to plan over. */
export interface LookedAtState {
  /** Where it is, or will be. */
  readonly directory: string;
  readonly exists: boolean;
  readonly findings: readonly Finding[];
  /** Absent where the state cannot be used, or a temporary one cannot be made. */
  readonly backend?: Backend;
  readonly close: () => Promise<void>;
}

interface About {
  readonly spec: Spec;
  readonly runtime: Runtime;
  /** `--state-dir`, absolute. */
  readonly stateDir?: string | undefined;
}

/** Opens the state as `plan` does; where there is none yet it leaves none, and plans over one that is thrown away. */
export async function lookAtState(about: About): Promise<LookedAtState> {
  const { spec, runtime, stateDir } = about;
  const uid = process.getuid?.();
  const chosen = { flag: stateDir, spec: spec.stateDir, env: runtime.env, uid };
  const directory = resolve(chooseStateDir(chosen), spec.name);
  const exists = existsSync(directory);
  const others = toldStateDir(chosen) === undefined ? otherStates({ spec, directory, env: runtime.env, uid }) : [];
  const elsewhere = others.length === 0 ? [] : [findingOf(stateElsewhere(directory, others), directory)];
  const nothing = { directory, exists, close: async () => undefined };
  if (!exists) {
    const cannot = whyNotMade(directory);
    return { ...nothing, findings: [...elsewhere, ...cannot], ...(await passing(about)) };
  }
  if (others.length > 0 && !existsSync(join(directory, "state.db"))) return { ...nothing, findings: elsewhere };
  try {
    const backend = await openLocalBackend({
      spec,
      runtime,
      reading: true,
      ...(stateDir !== undefined && { stateDir }),
    });
    return { ...nothing, findings: elsewhere, backend, close: backend.close };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...nothing, findings: [...elsewhere, findingOf(error, directory)] };
  }
}

/** A state that knows nothing, for the length of a plan. */
async function passing({ spec, runtime }: About): Promise<Pick<LookedAtState, "backend" | "close">> {
  const directory = mkdtempSync(join(tmpdir(), "rotate-doctor-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    const backend = await openLocalBackend({ spec, runtime, stateDir: directory });
    return { backend, close: () => backend.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

function findingOf({ code, message, hint = "" }: EngineError, about: string): Finding {
  return { code, severity: "error", about, message, remedy: hint };
}

function whyNotMade(directory: string): readonly Finding[] {
  const parent = above(directory);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return [
      {
        code: "ROTATE_STATE_UNUSABLE",
        severity: "error",
        about: directory,
        message: `cannot make the state directory ${directory} (${code} in ${parent})`,
        remedy:
          "give --state-dir, ROTATE_STATE_DIR or the spec's `stateDir` a directory that the user running rotate may write to",
      },
    ];
  }
}

function above(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? parent : above(parent);
}
