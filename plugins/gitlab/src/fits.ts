import { invalid } from "@rotate/plugin-kit";
import { variableName, type VariableContext } from "./options.ts";

/** What GitLab can mask (lib of GitLab: app/models/concerns/ci/maskable.rb). */
const maskable = /^[A-Za-z0-9_+=/@:.~-]{8,}$/;
const maskableRaw = /^\S{8,}$/;

/** Settings of the variable that a value has to suit. */
export interface Settings {
  readonly masked: boolean;
  readonly raw: boolean;
}

/** Refuses a value that GitLab would refuse, or give to jobs as another one. Never quotes it. */
export function checkFits(text: string, { masked, raw }: Settings, { options }: VariableContext): void {
  const name = variableName(options);
  if (!raw && text.includes("$")) {
    throw invalid(
      `the value for ${name} has a $ in it, which GitLab would expand`,
      "turn `Expand variable reference` of the variable off",
    );
  }
  if (!masked || (raw ? maskableRaw : maskable).test(text)) return;
  const only = raw ? "" : ", only letters, digits and _ + = / @ : . ~ -";
  throw invalid(
    `GitLab cannot mask the value for ${name}: it wants 8 characters or more, no blanks${only}`,
    raw
      ? "encode the value, by base64_encode in the template, or unmask the variable"
      : "turn `Expand variable reference` of the variable off, encode the value, or unmask the variable",
  );
}
