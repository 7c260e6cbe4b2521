import { userInfo } from "node:os";
import { loginVariables } from "../engine/deps.ts";
import { described } from "../loading/compile/identity.ts";
import type { Spec } from "../loading/model.ts";
import type { Finding } from "./finding.ts";

/** Variables of this environment that a consumer started from it would take instead of what is written. */
export function shadowFindings(spec: Spec, env: Readonly<Record<string, string | undefined>>): readonly Finding[] {
  const own = new Set(loginVariables(spec)); // rotate's own logins: they are not the consumer's
  return spec.rotations.flatMap(({ name, sinks }) =>
    sinks.flatMap(({ part, options, target, values }) => {
      const shadowing = part.shadowedBy?.(Object.keys(values), described(options)) ?? [];
      return shadowing
        .filter((variable) => env[variable] !== undefined && !own.has(variable))
        .map((variable) => shadowed(variable, { target, rotation: name }));
    }),
  );
}

function shadowed(
  variable: string,
  { target, rotation }: { readonly target: string; readonly rotation: string },
): Finding {
  return {
    code: "ROTATE_RISK_SHADOWED",
    severity: "warning",
    about: variable,
    message: `${variable} is set in this environment: a program that is started from it takes that, and not what is written to ${target}`,
    remedy: `\`unset ${variable}\`, and take it out of where the consumer is started (its unit, its container, its shell's profile)`,
    rotations: [rotation],
  };
}

/** Programs such as git, ssh and psql end when the user has no entry in the passwd database. */
export function userFindings(uid: number | undefined): readonly Finding[] {
  if (userName() !== undefined) return [];
  return [
    {
      code: "ROTATE_RISK_NO_USER",
      severity: "note",
      about: `uid ${uid ?? "?"}`,
      message:
        "this user has no passwd entry: rotate does without one, but commands that it runs (git, ssh, psql) may not",
      remedy: "set HOME and USER, or run it as a user that the system knows",
    },
  ];
}

/** The name of the running user; undefined where nobody knows it. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SYSTEM_ERROR") return undefined;
    throw error;
  }
}
