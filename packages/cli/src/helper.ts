/** The programs that call a credential helper: what they ask on its standard input, and what is said when there is nothing for them. */
import { dockerList, dockerUnknown, isForHost, isSameRegistry, readGitQuestion } from "@rotate/plugin-kit/formats";
import { UsageError } from "./failure.ts";

/** What `rotate credential` takes behind the rotation. */
export const helperActions = ["get", "list", "store", "erase"] as const;
/** One of them. */
export type HelperAction = (typeof helperActions)[number];

/** A question of docker or git. */
export interface HelperQuestion {
  readonly format: "docker" | "git";
  readonly action: HelperAction;
  /** The only server that the credential is for. */
  readonly host: string;
  readonly user: string | undefined;
  /** Standard input. */
  readonly input: string;
}

/** What becomes of it: the credential is given, a server refused this value of it, or nothing but this is said. */
export type HelperVerdict =
  | { readonly kind: "give" }
  | { readonly kind: "refused"; readonly value: string }
  | { readonly kind: "say"; readonly text: string; readonly exitCode: 0 | 1 };

const nothing: HelperVerdict = { kind: "say", text: "", exitCode: 0 };

/** Judges a question. To whoever asks for another server nothing is given. */
export function judge(question: HelperQuestion): HelperVerdict {
  return question.format === "docker" ? judgeDocker(question) : judgeGit(question);
}

function judgeDocker({ action, host, user, input }: HelperQuestion): HelperVerdict {
  if (action === "list") return { kind: "say", text: dockerList({ host, user }), exitCode: 0 };
  if (action !== "get") return nothing;
  return isSameRegistry(input, host) ? { kind: "give" } : { kind: "say", text: `${dockerUnknown}\n`, exitCode: 1 };
}

function judgeGit({ action, host, input }: HelperQuestion): HelperVerdict {
  const asked = readGitQuestion(input);
  if (!isForHost(asked, host)) return nothing;
  if (action === "get") return { kind: "give" };
  const { password } = asked;
  return action === "erase" && password !== undefined ? { kind: "refused", value: password } : nothing;
}

/** Throws UsageError when it is not said which server it is for, or an action is named that nobody asks for. */
export function readHelper(
  format: string,
  { action = "get", host }: { readonly action?: string | undefined; readonly host?: string | undefined },
): Pick<HelperQuestion, "format" | "action" | "host"> | undefined {
  if (format !== "docker" && format !== "git") return undefined;
  if (host === undefined)
    throw new UsageError(
      `--format ${format} needs --host: nobody else is given the credential`,
      format === "git" ? "write it like --host github.com" : "write it like --host registry.example.com",
    );
  const known = helperActions.find((one) => one === action);
  if (known !== undefined) return { format, action: known, host };
  throw new UsageError(`${format} asks a helper to ${helperActions.join(", ")}, not ${action}`);
}
