import { refusalContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refusals } from "../src/refusal.ts";

refusalContract(
  { describe, test },
  {
    name: "a command that mints",
    of: "exit",
    table: refusals,
    samples: [
      { status: 75, said: "try again later", is: "refusedYet" },
      { status: 137, said: "", is: "failed" },
      { status: 143, said: "Terminated", is: "failed" },
      { status: 1, said: "not logged in", is: "refused" },
      { status: 255, said: "", is: "refused" },
    ],
  },
);
