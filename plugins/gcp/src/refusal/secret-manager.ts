import { byOutage, bySilence, meanings, type Refusals } from "@rotate/plugin-kit";
import { advice } from "./answers.ts";

const { denied, invalid, limited, missing, raced, unsure, wait } = meanings;

/** What Secret Manager says more exactly than by the status (cloud.google.com/secret-manager/docs, google/rpc/code.proto). */
export const secretRefusals: Refusals = [
  {
    ...denied,
    said: /SERVICE_DISABLED|has not been used in project|is disabled\. enable it/i,
    hint: "enable the API: gcloud services enable secretmanager.googleapis.com",
  },
  {
    ...denied,
    said: /cloudkms|cryptokey|kms key/i,
    hint: "the key that the secret is encrypted with is not usable: grant the project's Secret Manager service agent roles/cloudkms.cryptoKeyEncrypterDecrypter on it, and look whether the key is enabled",
  },
  {
    ...denied,
    said: /VPC_SERVICE_CONTROLS|prohibited by organization's policy/i,
    hint: "a VPC service perimeter stands between: call from inside, or add an ingress rule",
  },
  {
    ...denied,
    said: /ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficient authentication scopes/i,
    hint: "the token lacks the scope cloud-platform: give the machine or login that scope",
  },
  {
    ...denied,
    said: /^PERMISSION_DENIED\b/,
    hint: "grant roles/secretmanager.secretVersionAdder and roles/secretmanager.secretAccessor on the secret; a new grant takes up to 7 minutes",
  },
  {
    ...denied,
    said: /^UNAUTHENTICATED\b/,
    hint: "the token is not taken: is the source right, and its account enabled?",
  },
  { ...missing, said: /^NOT_FOUND\b/, hint: "check project, location and secret" },
  { ...raced, said: /^(ALREADY_EXISTS|ABORTED)\b/, hint: "somebody else changed the secret at the same moment" },
  {
    ...limited,
    said: /^RESOURCE_EXHAUSTED\b/,
    hint: "a project may write 600 times a minute, a secret twice a second: fewer rotations at one moment",
  },
  {
    ...invalid,
    said: /^FAILED_PRECONDITION\b/,
    hint: "look at the secret: its version may be disabled or destroyed, or a policy of the organisation forbids where it would be kept",
  },
  {
    ...invalid,
    said: /^INVALID_ARGUMENT\b/,
    hint: "check project, location, secret and alias, and that the value is no larger than 64 KiB",
  },
  { ...wait, said: /^UNAVAILABLE\b/, hint: advice.down },
  { ...unsure, said: /^(INTERNAL|DEADLINE_EXCEEDED)\b/, hint: advice.down },
  ...byOutage(advice),
  ...bySilence(advice.silent),
];

/** The same of a change that is made under an etag: another one is a precondition that failed. */
export const aliasRefusals: Refusals = [
  { ...raced, said: /^FAILED_PRECONDITION\b/, hint: "somebody else changed the secret since" },
  {
    ...denied,
    said: /^PERMISSION_DENIED\b/,
    hint: "grant secretmanager.secrets.get and secretmanager.secrets.update on the secret: aliases are a part of it",
  },
  ...secretRefusals,
];
