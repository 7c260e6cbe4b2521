import type { Edit } from "./rules.ts";

/** A fault that was once there, how to put it back, and the test that has to turn red. */
export interface OldFault {
  readonly name: string;
  readonly edits: readonly (Edit & { readonly file: string })[];
  readonly red: {
    readonly file: string;
    /** What its name holds. */
    readonly test: string;
    /** With the fault nothing can be packed any more: the test uses no package, and runs without one. */
    readonly unpacked?: true;
  };
}

/** Of each kind one: what ships, what is durable, time, hosts, logins, edited files, ownership, telling, budgets, pages. */
export const oldFaults: readonly OldFault[] = [
  {
    name: "the bundler takes the entry of a package whose requires it cannot follow",
    edits: [{ file: "packages/cli/scripts/bundle.ts", from: 'mainFields: ["module", "main"],', to: "" }],
    red: {
      file: "packages/cli/test/bundle.test.ts",
      test: "the ES module goes in",
      unpacked: true,
    },
  },
  {
    name: "the sync of the journal does nothing",
    edits: [
      {
        file: "packages/core/src/local/log-sync.ts",
        from: "fdatasync(descriptor, (error) => (error ? reject(error) : resolve()))",
        to: "void [fdatasync, descriptor, reject, resolve()]",
      },
    ],
    red: {
      file: "packages/core/test/local/sync.test.ts",
      test: "each record that announces an act is on the disk before the act",
    },
  },
  {
    name: "terms count from the mint for ever",
    edits: [
      {
        file: "packages/core/src/rotation/renew.ts",
        from: "lease: lease.id,\n      asOf: asked.time,",
        to: "lease: lease.id,\n      asOf: lease.issuedAt,",
      },
    ],
    red: {
      file: "packages/core/test/weeks/weeks.test.ts",
      test: "a renewed lease counts from its renewal",
    },
  },
  {
    name: "a named file that has changed leaves the backoff as it is",
    edits: [
      {
        file: "packages/core/src/rotation/decide.ts",
        from: "if (sources !== undefined && failure.sources !== undefined && sources !== failure.sources) return failure.at + second;",
        to: "void sources;",
      },
    ],
    red: {
      file: "packages/core/test/engine/waiting.test.ts",
      test: "what failed for another reason does not wait out its backoff either",
    },
  },
  {
    name: "an end in the year 33715 is believed",
    edits: [
      {
        file: "packages/core/src/rotation/skew.ts",
        from: "return end - time > farthest ? Infinity : end;",
        to: "return end + 0 * farthest;",
      },
    ],
    red: { file: "packages/core/test/engine/lease.test.ts", test: "an issuer that says the year 33715" },
  },
  {
    name: "the command line asks for the passwd entry of a user who has none",
    edits: [{ file: "packages/cli/src/main.ts", from: "answerForPasswd(process.env);", to: "void answerForPasswd;" }],
    red: {
      file: "test/package/hosts.test.ts",
      test: "as a user without name",
    },
  },
  {
    name: "a bundle sends the Databricks CLI to another workspace",
    edits: [
      {
        file: "plugins/databricks/src/cli/run.ts",
        from: "{ cwd: directory, env: cliEnvironment(added, ctx) }",
        to: "{ env: added }",
      },
    ],
    red: {
      file: "plugins/databricks/test/cli-place.test.ts",
      test: "what it is told about another workspace does not count",
    },
  },
  {
    name: "a mapping is written over one that a merge key brings in",
    edits: [
      {
        file: "plugins/files/src/document/yaml-shared.ts",
        from: "const hidden = mergedValue(document, parent, step);",
        to: "const hidden = (undefined as ReturnType<typeof mergedValue>) ?? void [document, parent, step, mergedValue];",
      },
    ],
    red: {
      file: "plugins/files/test/documents.test.ts",
      test: "what stands behind a merge key or an alias is refused",
    },
  },
  {
    name: "keys that others applied by stringData are taken over",
    edits: [
      {
        file: "plugins/kubernetes/src/secret/write.ts",
        from: "const unseen = unseenConflicts(write);",
        to: "const unseen = unseenConflicts(write).slice(0, 0);",
      },
    ],
    red: {
      file: "plugins/kubernetes/test/secret.test.ts",
      test: "when another manager applied the key by stringData",
    },
  },
  {
    name: "drift is told by the run that finds it, and by none after it",
    edits: [
      {
        file: "packages/core/src/rotation/standing.ts",
        from: "return busy ? undefined : driftOf(rotation, state)?.kind;",
        to: "return busy || state.clock.time < now ? undefined : driftOf(rotation, state)?.kind;",
      },
      {
        file: "packages/core/src/rotation/standing.ts",
        from: "function driftKind({ rotation, state, busy }: Facts)",
        to: "function driftKind({ rotation, state, busy, now }: Facts)",
      },
    ],
    red: {
      file: "packages/core/test/engine/drift.test.ts",
      test: "told by every run until it is settled",
    },
  },
  {
    name: "the budget counts what succeeds",
    edits: [
      {
        file: "packages/core/src/store/transitions.ts",
        from: "{ lastSuccessAt: at }",
        to: "{ lastSuccessAt: at, waste: [...lastHour(state.waste, at), at] }",
      },
      {
        file: "packages/core/src/rotation/decide.ts",
        from: "state.waste.filter((at) => at > (state.lastSuccessAt ?? 0))",
        to: "state.waste",
      },
      {
        file: "packages/core/src/rotation/decide.ts",
        from: "if (!early && !endless && isPressing(moment)) return now;",
        to: "void endless;",
      },
    ],
    red: {
      file: "packages/core/test/weeks/weeks.test.ts",
      test: "a healthy life of 40 s under the default budget",
    },
  },
  {
    name: "a spec of the pages writes a password file that libpq does not read",
    edits: [{ file: "docs/plugins/aws-rds-iam.md", from: ":app:{{ token | pgpass }}", to: ":app:{{ token }}" }],
    red: { file: "test/docs/consumers.test.ts", test: "by the password file of the page's spec" },
  },
  {
    name: "time ends no rest",
    edits: [{ file: "packages/core/src/engine/rest.ts", from: "if (until <= now) return false;", to: "" }],
    red: {
      file: "packages/core/test/engine/kept-looks.test.ts",
      test: "after the end, and with runs of which nobody knows the pace",
    },
  },
  {
    name: "a look outlives what is written of its rotation",
    edits: [
      {
        file: "packages/core/src/local/looks.ts",
        from: "after update of state on rotations begin delete from looks where rotation = new.name; end;",
        to: "after update of state on rotations begin select 1; end;",
      },
    ],
    red: { file: "packages/core/test/engine/kept-looks.test.ts", test: "only what was written since is looked at" },
  },
  {
    name: "a look outlives what was done to its sinks",
    edits: [
      {
        file: "packages/core/src/engine/kept-looks.ts",
        from: "if (look === undefined || stampsOf(rotation) !== look.stamps) continue;",
        to: "if (look === undefined) continue;",
      },
    ],
    red: {
      file: "packages/core/test/engine/kept-looks.test.ts",
      test: "after an edit of a sink, and with runs of which nobody knows the pace",
    },
  },
  {
    name: "a rest ignores the pace of runs",
    edits: [
      {
        file: "packages/core/src/engine/rest.ts",
        from: "cadence === undefined || (cadence < pace && now + 2 * cadence <= ends)",
        to: "cadence !== ends * pace",
      },
    ],
    red: {
      file: "packages/core/test/engine/kept-looks.test.ts",
      test: "after nothing, and with runs that are too slow",
    },
  },
  {
    name: "sinks that matched once are never compared again",
    edits: [
      {
        file: "packages/core/src/watch/lookouts.ts",
        from: "matching[index] === 0 || !standAsSeen(rotations[index]!, deps)",
        to: "matching[index] === 0 || standAsSeen === undefined",
      },
    ],
    red: { file: "packages/core/test/watch/looks.test.ts", test: "what was changed by hand is found all the same" },
  },
];
