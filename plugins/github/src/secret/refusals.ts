import { meanings, type Refusals } from "@rotate/plugin-kit";
import { anyCall } from "../app/refusal.ts";

const { denied, invalid, missing, raced, refused, stranger } = meanings;

/** What GitHub refuses of the calls about secrets (docs.github.com/rest/actions/secrets). */
export const secretRefusals: Refusals = [
  ...anyCall,
  {
    ...denied,
    said: /not accessible by (integration|personal access token)|must have admin rights/i,
    hint: "allow the app or token to write there: Secrets for a repository, Environments for an environment, organisation Secrets for an organisation; and have the installation accept it",
  },
  { ...denied, status: 401, hint: "the token is not taken: has it ended, or was it revoked?" },
  { ...denied, status: 403, hint: "an owner may have restricted apps or tokens: see the settings of the organisation" },
  {
    ...missing,
    status: 404,
    hint: "check place: GitHub says the same of what is not there and of what the app or token may not see",
  },
  { ...raced, status: 409, hint: "the secret is being changed by somebody else" },
  {
    ...refused,
    said: /limit|maximum|too many/i,
    hint: "a repository or environment holds 100 secrets, an organisation 1,000: delete some",
  },
  { ...invalid, status: [400, 499], hint: "check name, and that the value is no larger than 48 KB" },
  { ...stranger, hint: "something else than GitHub answered: check baseUrl" },
];
