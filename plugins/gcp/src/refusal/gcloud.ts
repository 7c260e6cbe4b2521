import { execError, type ExecAnswer, type RotateError } from "@rotate/plugin-kit";
import { denied, down, notFound, type Reading } from "./answers.ts";

/** What gcloud prints on standard error, first match counts. */
const rows: readonly (Reading & { readonly pattern: RegExp })[] = [
  {
    pattern: /reauthentication|invalid_rapt|cannot prompt during non-interactive/i,
    ...denied,
    hint: "Google wants the person again: gcloud auth login",
  },
  {
    pattern: /do not currently have an active account|does not have any valid credentials|no credentialed accounts/i,
    ...denied,
    hint: "log in as the user that runs rotate: gcloud auth login",
  },
  {
    pattern: /refreshing your current auth tokens|invalid_grant|expired or revoked/i,
    ...denied,
    hint: "the login is dead: gcloud auth login",
  },
  {
    pattern: /configuration .* (does not exist|is invalid)|cannot find configuration/i,
    ...notFound,
    hint: "gcloud config configurations list shows those there are",
  },
  {
    pattern: /unable to (connect|reach)|connection (refused|reset)|failed to establish|timed out|\b(500|503)\b/i,
    ...down,
    hint: "gcloud cannot reach Google: check the network and the proxy",
  },
];

/** A gcloud that ended with an error, as a RotateError. */
export function gcloudRefusal(answer: ExecAnswer): RotateError {
  const row = rows.find(({ pattern }) => pattern.test(answer.stderr));
  const { code, retryable, hint } = row ?? {
    code: "FAILED" as const,
    retryable: true,
    hint: "run `gcloud config config-helper` by hand as this user",
  };
  return execError("gcloud gives no token", answer, { code, retryable, hint });
}
