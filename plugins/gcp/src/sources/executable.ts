import { badAnswer, RotateError } from "@rotate/plugin-kit";

interface Expected {
  readonly subjectTokenType: string;
  /** Wall clock, ms since 1970. */
  readonly now: number;
}

/** The token in what an executable printed (version 1 of Google's format). Throws DENIED when it says no, BAD_ANSWER when it is none. */
export function readExecutable(stdout: string, { subjectTokenType, now }: Expected): string {
  const printed = parse(stdout);
  const { version, success, code, message, token_type: type, expiration_time: end } = printed;
  if (version !== 1 || typeof success !== "boolean") throw bad("prints no `version: 1` with `success`");
  if (!success) throw refused([code, message].filter((one) => typeof one === "string").join(": "));
  if (type !== subjectTokenType) throw bad(`prints a token that is not of the type ${subjectTokenType}`);
  if (typeof end === "number" && end * 1000 <= now) throw bad("prints a token that has expired");
  const token = printed[type.endsWith("saml2") ? "saml_response" : "id_token"];
  if (typeof token !== "string" || token === "") throw bad("prints no token");
  return token;
}

function parse(stdout: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(stdout);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    throw bad("prints no JSON");
  }
  throw bad("prints no JSON object");
}

function bad(fault: string): RotateError {
  return badAnswer(`the identity program ${fault}`, "see Google's format for executable-sourced credentials");
}

function refused(text: string): RotateError {
  const said = text.replaceAll(/\s+/g, " ").slice(0, 300);
  return new RotateError(`the identity program says no: ${said}`, {
    code: "DENIED",
    retryable: false,
    hint: "run source.subject.command by hand",
  });
}
