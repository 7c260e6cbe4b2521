import type { Secret } from "@rotate/plugin-kit";
import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import { asSecretRef, createContext, isReference, type OptionTree, type Runtime } from "@rotate/runtime";

/** `state` of a spec, its references read when they are asked. */
export interface StateOption {
  readonly url: () => Promise<Secret>;
  readonly key: () => Promise<Secret>;
  readonly schema: string;
}

/** @param state checked by schema. The references throw RotateError when they lead nowhere */
export function stateOption(state: OptionTree, runtime: Runtime): StateOption {
  const ctx = createContext({ runtime, options: {}, signal: new AbortController().signal });
  function reading(value: unknown): () => Promise<Secret> {
    if (!isReference(value)) throw new TypeError("the schema of `state` takes references here");
    return () => ctx.resolve(asSecretRef(value));
  }
  return { url: reading(state["url"]), key: reading(state["key"]), schema: String(state["schema"]) };
}

/** The same of a spec. Throws EngineError `ROTATE_USAGE` for one that names no database. */
export function stateOptionOf({ state }: Pick<Spec, "state">, runtime: Runtime): StateOption {
  if (state !== undefined) return stateOption(state, runtime);
  throw new EngineError("the spec keeps its state on this machine", {
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: "write `state: { type: postgres, url: { env: ROTATE_DB }, key: { file: … } }` for several machines",
  });
}
