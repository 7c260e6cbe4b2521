import { refusalContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refusals } from "../src/systemctl.ts";

refusalContract(
  { describe, test },
  {
    name: "systemctl",
    of: "exit",
    advised: true,
    table: refusals,
    samples: [
      {
        status: 1,
        said: "Failed to restart app.service: Interactive authentication required.",
        is: "denied",
      },
      { status: 1, said: "Failed to connect to bus: No medium found", is: "wait" },
      { status: 1, said: "Failed to restart app.service: Unit app.service is masked.", is: "invalid" },
      { status: 3, said: "Job type reload is not applicable", is: "invalid" },
      { status: 4, said: "", is: "denied" },
      { status: 5, said: "Unit app.service not found.", is: "missing" },
      { status: 6, said: "bad unit file setting", is: "invalid" },
      { status: 1, said: "Job for app.service failed", is: "refused" },
    ],
  },
);
