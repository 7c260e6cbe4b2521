import { proveTable } from "./failures.ts";

/** P is the lease before, G the one of the failing rotation, N the next: see `cellOf`. */
proveTable([
  {
    outcome: "nothing was minted",
    after: {
      nothing: "holds nothing, live none, failing, exit 1, check 1; next rotated, holds G",
      live: "holds P, live P, failing, exit 1, check 1; next rotated, holds G",
      expired: "holds P, live none, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [
      ["preflight: error", [["preflight", 1, "fails"]]],
      ["mint: error", [["mint", 1, "is refused"]]],
    ],
  },
  {
    outcome: "nobody was there: a first time is no trouble yet",
    after: {
      nothing: "holds nothing, live none, never, exit 1, check 1; next rotated, holds G",
      live: "holds P, live P, due, exit 1, check 0; next rotated, holds G",
      expired: "holds P, live none, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [["preflight: timeout", [["preflight", 1, "times out"]]]],
  },
  {
    outcome: "the process died before it asked for anything",
    after: {
      nothing: "holds nothing, live none, never, killed, check 1; next rotated, holds G",
      live: "holds P, live P, due, killed, check 0; next rotated, holds G",
      expired: "holds P, live none, expired, killed, check 3; next rotated, holds G",
    },
    failures: [["preflight: crash", [["before journal intent", 1, "crash"]]]],
  },
  {
    outcome: "nobody knows whether G lives: it is listed until it must have ended",
    after: {
      nothing: "holds nothing, live G, never, exit 1, check 1; next rotated, holds N",
      live: "holds P, live P G, due, exit 1, check 0; next rotated, holds N",
      expired: "holds P, live G, expired, exit 3, check 3; next rotated, holds N",
    },
    failures: [
      ["mint: timeout", [["mint", 1, "answer lost"]]],
      ["mint: timeout, issuer can be asked", [["mint", 1, "answer lost"]], { shape: { find: true } }],
    ],
  },
  {
    outcome: "the process died with G in memory: nothing was written",
    after: {
      nothing: "holds nothing, live G, never, killed, check 1; next rotated, holds N",
      live: "holds P, live P G, due, killed, check 0; next rotated, holds N",
      expired: "holds P, live G, expired, killed, check 3; next rotated, holds N",
    },
    failures: [
      ["mint: crash", [["after the mint", 1, "crash"]]],
      ["verify: crash", [["before journal phase", 1, "crash"]]],
      ["prepare: crash", [["before journal phase", 2, "crash"]]],
    ],
  },
  {
    outcome: "G is given back at once, the sinks are as before",
    after: {
      nothing: "holds nothing, live none, never, exit 1, check 1; next rotated, holds N",
      live: "holds P, live P, due, exit 1, check 0; next rotated, holds N",
      expired: "holds P, live none, expired, exit 3, check 3; next rotated, holds N",
    },
    failures: [
      ["verify: error", [["verify", 1, "fails"]]],
      ["verify: timeout", [["verify", 1, "times out"]]],
      ["prepare: error", [["prepare 1", 1, "fails"]]],
      ["prepare: timeout", [["prepare 1", 1, "times out"]]],
      [
        "commit 1: error",
        [
          ["commit 0", 1, "is refused"],
          ["commit 0", 2, "is refused"],
        ],
      ],
    ],
  },
  {
    outcome: "nothing is lost: the write is tried again, or the sink is asked what it holds",
    after: {
      nothing: "holds G, live G, fresh, exit 0, check 0; next fresh, holds G",
      live: "holds G, live P G, fresh, exit 0, check 0; next fresh, holds G",
      expired: "holds G, live G, fresh, exit 0, check 0; next fresh, holds G",
    },
    failures: [
      ["commit 1: error once", [["commit 0", 1, "is refused"]]],
      ["commit 2: timeout after the write", [["commit 1", 1, "answer lost"]]],
      ["commit 2: timeout, the write still under way", [["commit 1", 1, "late"]]],
      ["settle: a sink that cannot be read", [["read 1", 2, "fails"]]],
    ],
  },
  {
    outcome: "the process died while the first sinks were written",
    after: {
      nothing: "holds nothing, live G, failing, killed, check 4; next rotated, holds N",
      live: "holds P, live P G, failing, killed, check 4; next rotated, holds N",
      expired: "holds P, live G, expired, killed, check 3; next rotated, holds N",
    },
    failures: [
      ["commit 1: crash before the write", [["after journal committing", 1, "crash"]]],
      ["commit 1: crash after the write", [["after the write", 1, "crash"]]],
      ["commit 2: crash before the write", [["after journal committed", 1, "crash"]]],
    ],
  },
  {
    outcome: "what was written is put back where P still lives, else a new mint is the way out",
    after: {
      nothing: "holds nothing, live G, failing, exit 4, check 4; next rotated, holds N",
      live: "holds P, live P G, due, exit 1, check 0; next rotated, holds N",
      expired: "holds P, live G, expired, exit 3, check 3; next rotated, holds N",
    },
    failures: [
      [
        "commit 2: error",
        [
          ["commit 1", 1, "is refused"],
          ["commit 1", 2, "is refused"],
        ],
      ],
    ],
  },
  {
    outcome: "nobody knows what the second sink holds: nobody is reloaded until it is known",
    after: {
      nothing: "holds nothing, live G, failing, exit 4, check 4; next rotated, holds G",
      live: "holds P, live P G, failing, exit 4, check 4; next rotated, holds G",
      expired: "holds P, live G, expired, exit 3, check 3; next rotated, holds G",
    },
    failures: [
      [
        "commit 2: timeout, the sink silent afterwards",
        [
          ["commit 1", 1, "answer lost"],
          ["fence 1", 1, "fails"],
          ["fence 1", 2, "fails"],
        ],
      ],
    ],
  },
  {
    outcome: "the process died after the last write: the next one finds it",
    after: {
      nothing: "holds nothing, live G, failing, killed, check 4; next rotated, holds G",
      live: "holds P, live P G, failing, killed, check 4; next rotated, holds G",
      expired: "holds P, live G, expired, killed, check 3; next rotated, holds G",
    },
    failures: [["commit 2: crash after the write", [["after the write", 2, "crash"]]]],
  },
  {
    outcome: "what could not be put back leaves the sinks mixed",
    after: {
      live: "holds P, live P G, failing, exit 4, check 4; next rotated, holds N",
    },
    failures: [
      [
        "undo: error",
        [
          ["commit 1", 1, "is refused"],
          ["commit 1", 2, "is refused"],
          ["undo 0", 1, "is refused"],
        ],
      ],
    ],
  },
  {
    outcome: "the process died while it put the sinks back",
    after: {
      live: "holds P, live P G, failing, killed, check 4; next rotated, holds N",
    },
    failures: [
      [
        "undo: crash",
        [
          ["commit 1", 1, "is refused"],
          ["commit 1", 2, "is refused"],
          ["after journal undoing", 1, "crash"],
        ],
      ],
    ],
  },
]);
