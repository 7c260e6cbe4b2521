import { proveTable } from "./failures.ts";

/** P is the lease before, G the one of the failing rotation, N the next: see `cellOf`. */
proveTable([
  {
    outcome: "published, and the consumer was not told: owed, alarmed, tried again later",
    after: {
      nothing: "holds nothing, live G, reload-owed, exit 4, check 4; next rotated, holds G",
      live: "holds P, live P G, reload-owed, exit 4, check 4; next rotated, holds G",
      expired: "holds P, live G, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [
      ["reload: error", [["reload 0", 1, "fails"]]],
      ["reload: timeout", [["reload 0", 1, "times out"]]],
    ],
  },
  {
    outcome: "the process died before the consumer was told",
    after: {
      nothing: "holds nothing, live G, reload-owed, killed, check 4; next rotated, holds G",
      live: "holds P, live P G, reload-owed, killed, check 4; next rotated, holds G",
      expired: "holds P, live G, expired, killed, check 3; next rotated, holds G",
    },
    failures: [["reload: crash before it", [["after journal reload-begin", 1, "crash"]]]],
  },
  {
    outcome: "the consumer was told, and nobody wrote that down",
    after: {
      nothing: "holds G, live G, reload-owed, killed, check 4; next rotated, holds G",
      live: "holds G, live P G, reload-owed, killed, check 4; next rotated, holds G",
      expired: "holds G, live G, expired, killed, check 3; next rotated, holds G",
    },
    failures: [
      ["reload: crash after it", [["after the reload", 1, "crash"]]],
      ["health: crash", [["before journal settled", 1, "crash"]]],
    ],
  },
  {
    outcome: "the consumer is told and ill: owed until it is well",
    after: {
      nothing: "holds G, live G, reload-owed, exit 4, check 4; next rotated, holds G",
      live: "holds G, live P G, reload-owed, exit 4, check 4; next rotated, holds G",
      expired: "holds G, live G, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [
      ["health: error", [["health", 1, "fails"]]],
      ["health: timeout", [["health", 1, "times out"]]],
      [
        "health: error, ill before",
        [
          ["baseline", 1, "fails"],
          ["health", 1, "fails"],
        ],
      ],
    ],
  },
  {
    outcome: "rolled back to P where P still lives",
    after: {
      nothing: "holds G, live G, reload-owed, exit 4, check 4; next rotated, holds G",
      live: "holds P, live P G, due, exit 1, check 0; next rotated, holds N",
      expired: "holds G, live G, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [["health: error, rollback", [["health", 1, "fails"]], { shape: { rollback: true } }]],
  },
  {
    outcome: "rolled back to P, and P is not well either",
    after: {
      nothing: "holds G, live G, reload-owed, exit 4, check 4; next rotated, holds G",
      live: "holds P, live P G, reload-owed, exit 4, check 4; next rotated, holds N",
      expired: "holds G, live G, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [
      [
        "health: error twice, rollback",
        [
          ["health", 1, "fails"],
          ["health", 2, "fails"],
        ],
        { shape: { rollback: true } },
      ],
    ],
  },
  {
    outcome: "settled, whatever comes after",
    after: {
      nothing: "holds G, live G, fresh, killed, check 0; next fresh, holds G",
      live: "holds G, live P G, fresh, killed, check 0; next fresh, holds G",
      expired: "holds G, live G, fresh, killed, check 0; next fresh, holds G",
    },
    failures: [["settle: crash", [["after journal settled", 1, "crash"]]]],
  },
  {
    outcome: "G serves; P is revoked later",
    after: {
      live: "holds G, live P G, fresh, exit 0, check 0; next fresh, holds G",
    },
    failures: [
      ["retire: error", [["revoke", 1, "fails"]], { after: 4 }],
      ["retire: timeout", [["revoke", 1, "times out"]], { after: 4 }],
    ],
  },
  {
    outcome: "the process died before P was revoked",
    after: {
      live: "holds G, live P G, fresh, killed, check 0; next fresh, holds G",
    },
    failures: [["retire: crash before", [["after journal revoking", 1, "crash"]], { after: 4 }]],
  },
  {
    outcome: "P is gone, and the next process writes it down",
    after: {
      live: "holds G, live G, fresh, killed, check 0; next fresh, holds G",
    },
    failures: [["retire: crash after", [["before journal gone", 1, "crash"]], { after: 4 }]],
  },
]);
