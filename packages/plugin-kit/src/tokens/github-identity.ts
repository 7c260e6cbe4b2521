import type { Context } from "../context.ts";
import { httpError, RotateError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { secured } from "./checks.ts";

const answered = {
  type: "object",
  properties: { value: { type: "string", minLength: 1 } },
  required: ["value"],
} as const;

const permission = "give the job `permissions: id-token: write`";

/**
 * The identity token of the GitHub Actions job that we run in, made for `audience` (docs.github.com, "OpenID Connect reference").
 * Throws INVALID outside of a job that may ask for one, and what GitHub's refusal means.
 */
export async function githubIdentity(audience: string, { env, http, secret }: Context): Promise<Secret> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!url || !token) {
    throw new RotateError("this is no GitHub Actions job that may ask for an identity token", {
      code: "INVALID",
      retryable: false,
      hint: `${permission}, or log in another way`,
    });
  }
  const answer = await http(secured("ACTIONS_ID_TOKEN_REQUEST_URL", url), {
    query: { audience },
    bearer: secret(token, "request token"),
  });
  if (!answer.ok) throw httpError("no identity token from GitHub", answer, { hint: permission });
  const body = answer.tryJson(answered);
  if (body !== undefined) return secret(body.value, "identity token");
  throw new RotateError("GitHub's answer holds no identity token", {
    code: "BAD_ANSWER",
    retryable: false,
    noEffect: true,
    hint: "a proxy between may have changed the answer",
  });
}
