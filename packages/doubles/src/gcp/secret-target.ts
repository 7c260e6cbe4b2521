import type { DoubleAnswer } from "../http-double.ts";
import { apiError } from "./answers.ts";

const resource =
  /^\/v1\/(projects\/[^/]+(?:\/locations\/[^/]+)?)\/secrets(?:\/([^/:]+))?(\/versions\/([^/:]+))?(?::(\w+))?$/;

/** What a call is about. */
export interface SecretTarget {
  readonly parent: string;
  /** Empty: of the project. */
  readonly secret: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly verb: string;
}

/** The target of a path of Secret Manager; undefined when the path is another's. */
export function gcpSecretTarget(path: string): SecretTarget | undefined {
  const [, parent, secret = "", , version, verb = ""] = resource.exec(path) ?? [];
  return parent === undefined ? undefined : { parent, secret, name: `${parent}/secrets/${secret}`, version, verb };
}

/** The name that Google answers with: by the project's number. */
export function shownName(name: string): string {
  return name.replace(/^projects\/[^/]+/, "projects/123456789012");
}

/** An error that nothing of the name is there. */
export function noSecret(name: string): DoubleAnswer {
  return apiError([404, "NOT_FOUND"], `Secret [${shownName(name)}] not found.`);
}

/** An argument that is refused. */
export function invalidArgument(message: string): DoubleAnswer {
  return apiError([400, "INVALID_ARGUMENT"], message);
}
