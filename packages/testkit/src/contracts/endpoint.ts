import assert from "node:assert/strict";
import type { Endpoint } from "@rotate/plugin-kit";
import { openTestEndpoint, type GivenCredential, type TestEndpoint } from "../endpoint.ts";
import {
  assertNoLeak,
  assertPart,
  defineContract,
  type Harness,
  type Rule,
  type Stage,
  type Suite,
  type TestApi,
} from "./contract.ts";

/** What `endpointContract` needs to know of an endpoint. `refuse` is of no use here. */
export interface EndpointHarness<S extends Stage = Stage> extends Omit<Harness<S>, "refuse" | "hang"> {
  readonly endpoint: Endpoint;
  /** Two credentials of a rotation that it can serve. Their texts must be secrets of six characters or more. */
  readonly credentials: readonly [GivenCredential, GivenCredential];
  /** Asks as a consumer would that knows all that it must. What it got, as far as it shows which credential that was; throws when it got none. */
  readonly ask: (at: TestEndpoint["at"], stage: S) => Promise<string>;
  /** Asks as somebody who does not know the secret. Absent: it asks for none. */
  readonly askAsStranger?: (at: TestEndpoint["at"], stage: S) => Promise<string>;
  /** The path of a Unix socket, where it needs one. */
  readonly socket?: (stage: S) => string;
}

type EndpointRule = Rule<EndpointHarness, Stage>;

async function opened(
  { endpoint, credentials, socket }: EndpointHarness,
  stage: Stage,
  use: (open: TestEndpoint) => Promise<void>,
): Promise<void> {
  const { options, env } = stage;
  const open = await openTestEndpoint(endpoint, {
    options,
    given: credentials[0],
    ...(env && { env }),
    ...(socket && { socket: socket(stage) }),
  });
  try {
    await use(open);
  } finally {
    await open.close();
  }
}

function shows(answer: string, { fields }: GivenCredential): boolean {
  return Object.values(fields).some((text) => answer.includes(text));
}

/** The sentences of the contract, for those who run them without a test runner. */
export const endpointRules: readonly EndpointRule[] = [
  {
    id: "endpoint-schema",
    name: "describes its options in the schema subset",
    why: "Specs are checked against the schema, and editors complete from it.",
    check: ({ endpoint }) => assertPart("endpoints", endpoint),
  },
  {
    id: "endpoint-current",
    name: "gives the credential that is current at each question",
    why: "A consumer that asks after a rotation must not get the credential from before.",
    check: (harness, stage) =>
      opened(harness, stage, async ({ at, give }) => {
        const [first, second] = harness.credentials;
        assert.ok(shows(await harness.ask(at, stage), first), "the first question got the first credential");
        give(second);
        const again = await harness.ask(at, stage);
        assert.ok(shows(again, second), "the next one got the next");
      }),
  },
  {
    id: "endpoint-none",
    name: "gives nothing where there is none, says so, and tells no secret",
    why: "An empty answer would be taken for a credential.",
    check: (harness, stage) =>
      opened(harness, stage, async ({ at, give, ctx }) => {
        give(undefined);
        const answer = await harness.ask(at, stage).catch((error: unknown) => String(error));
        for (const one of harness.credentials) assert.ok(!shows(answer, one), "nothing was given");
        await assertNoLeak(stage.secrets ?? [], ctx, { answer });
      }),
  },
  {
    id: "endpoint-stranger",
    name: "gives a stranger nothing, and counts him",
    why: "Who knocks in vain is seen in the metrics.",
    applies: ({ askAsStranger }) => askAsStranger !== undefined,
    check: (harness, stage) =>
      opened(harness, stage, async ({ at, refusals, ctx }) => {
        const answer = await harness.askAsStranger?.(at, stage).catch((error: unknown) => String(error));
        for (const one of harness.credentials) assert.ok(!shows(String(answer), one), "a stranger was given it");
        assert.equal(refusals.length > 0, true, "the stranger was counted");
        await assertNoLeak(stage.secrets ?? [], ctx, {});
      }),
  },
  {
    id: "endpoint-closed",
    name: "is gone once it was closed, and leaves no session behind",
    why: "A session that nobody gave back keeps its credential from being revoked for ever.",
    check: async (harness, stage) => {
      let at: TestEndpoint["at"] | undefined;
      let sessions: TestEndpoint["sessions"] = new Map();
      await opened(harness, stage, async (open) => {
        ({ at, sessions } = open);
        await harness.ask(at, stage);
      });
      assert.equal(sessions.size, 0, "every session was given back");
      await assert.rejects(async () => at && harness.ask(at, stage), "nobody answers any more");
    },
  },
];

const contract = defineContract(
  endpointRules as unknown as readonly Rule<EndpointHarness & Harness<Stage>, Stage>[],
  ({ endpoint }) => `endpoint ${endpoint.type} keeps the contract`,
);

/**
 * Tests that an endpoint keeps the contract of the plugin kit, one for each sentence that concerns it.
 *
 * ```ts
 * endpointContract({ describe, test }, {
 *   endpoint,
 *   credentials: [{ fields: { token: "first-secret" } }, { fields: { token: "second-secret" } }],
 *   start: () => ({ options: {} }),
 *   ask: async (at) => (await fetch(`http://127.0.0.1:${at.port}/`)).text(),
 * });
 * ```
 */
export function endpointContract<S extends Stage>(api: TestApi, harness: EndpointHarness<S>): void {
  contract.register(api, harness as unknown as EndpointHarness & Harness<Stage>);
}

/** The same contract without a test runner, for `runSuites`. */
export function endpointSuite<S extends Stage>(harness: EndpointHarness<S>): Suite {
  return contract.suite(harness as unknown as EndpointHarness & Harness<Stage>);
}
