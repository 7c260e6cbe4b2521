import { byOutage, meanings, type Refusals } from "@rotate/plugin-kit";

const { denied, invalid, missing, raced, stranger } = meanings;

/** What GitLab refuses, by status and by what an error is called; its words may repeat what was sent (docs.gitlab.com/api/rest/troubleshooting). */
export const refusals: Refusals = [
  ...byOutage({
    down: "GitLab is down or overloaded: see status.gitlab.com, if it lasts",
    limited: "GitLab limits calls: fewer rotations at one moment",
  }),
  { ...denied, said: /\binsufficient_scope\b/, hint: "the token lacks the scope api: make another one" },
  { ...denied, status: 401, hint: "the token is not taken: has it ended, or was it revoked?" },
  { ...denied, status: 403, hint: "the token's owner has to be a maintainer of the project, or an owner of the group" },
  {
    ...missing,
    status: 404,
    hint: "check place: GitLab says the same of what is not there and of what the token may not see",
  },
  { ...raced, status: 409, hint: "somebody else changes the variable at the same moment" },
  {
    ...invalid,
    status: [400, 499],
    hint: "GitLab refuses key, value or scope: is the value one that it can mask, and not too long? is the most of variables reached?",
  },
  { ...stranger, hint: "something else than GitLab answered: check baseUrl" },
];
