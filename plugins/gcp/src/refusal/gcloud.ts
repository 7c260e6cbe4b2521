import { execRefusal, meanings, type ExecAnswer, type Refusals, type RotateError } from "@rotate/plugin-kit";

const { failed, missing, person, wait } = meanings;

/** What gcloud prints on standard error, first match counts. */
export const gcloudRefusals: Refusals = [
  {
    said: /reauthentication|invalid_rapt|cannot prompt during non-interactive/i,
    ...person,
    hint: "Google wants the person again: gcloud auth login",
  },
  {
    said: /do not currently have an active account|does not have any valid credentials|no credentialed accounts/i,
    ...person,
    hint: "log in as the user that runs rotate: gcloud auth login",
  },
  {
    said: /refreshing your current auth tokens|invalid_grant|expired or revoked/i,
    ...person,
    hint: "the login is dead: gcloud auth login",
  },
  {
    said: /configuration .* (does not exist|is invalid)|cannot find configuration/i,
    ...missing,
    hint: "gcloud config configurations list shows those there are",
  },
  {
    said: /unable to (connect|reach)|connection (refused|reset)|failed to establish|timed out|\b(500|503)\b/i,
    ...wait,
    hint: "gcloud cannot reach Google: check the network and the proxy",
  },
  { ...failed, hint: "run `gcloud config config-helper` by hand as this user: what it says is in the message" },
];

/** A gcloud that ended with an error, as a RotateError. */
export function gcloudRefusal(answer: ExecAnswer): RotateError {
  return execRefusal(gcloudRefusals, answer, { message: "gcloud gives no token", said: answer.stderr });
}
