import { meanings, type Refusals } from "@rotate/plugin-kit";

const byHand = "run the command by hand, as the user that runs rotate";

/** What the exit codes of a command that mints mean, whatever the command: an exit code says that there is no credential, an end by a signal says nothing. */
export const refusals: Refusals = [
  // EX_TEMPFAIL of sysexits.h.
  { ...meanings.refusedYet, status: 75, hint: "the command asks for another try later: its own words say why" },
  {
    ...meanings.failed,
    status: [129, 159],
    hint: "it was killed while it ran: see who ended it, or what it ran out of",
  },
  { ...meanings.refused, hint: byHand },
];
