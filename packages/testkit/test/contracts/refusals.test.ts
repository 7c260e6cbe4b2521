import { byStatus, meanings, type Refusals } from "@rotate/plugin-kit";
import { refusalContract, statusSamples, type RefusalHarness } from "@rotate/testkit";
import { expect, test } from "vitest";

const end = byStatus({ down: "down", limited: "limited", silent: "silent" });
const own = { ...meanings.denied, said: /no/, hint: "ask" };

/** The sentences of the contract that a table breaks. */
async function broken(harness: Partial<RefusalHarness> & { readonly table: Refusals }): Promise<readonly string[]> {
  const checks: (readonly [string, () => Promise<void>])[] = [];
  refusalContract(
    { describe: (_name, body) => body(), test: (name, body) => void checks.push([name, body]) },
    { name: "x", of: "http", samples: statusSamples, ...harness },
  );
  const results = await Promise.all(
    checks.map(async ([name, body]) =>
      body().then(
        () => [],
        () => [name],
      ),
    ),
  );
  return results.flat();
}

test("a whole table passes", async () => {
  const samples = [{ said: "no", is: "denied" } as const, ...statusSamples];
  expect(await broken({ table: [own, ...end], samples })).toEqual([]);
});

test("a row that an earlier one hides is found", async () => {
  const samples = [{ said: "no", is: "denied" } as const, { said: "no way", is: "denied" } as const, ...statusSamples];
  expect(await broken({ table: [own, { ...own, said: /no way/ }, ...end], samples })).toEqual([
    "every row is looked at here, and says what helps",
  ]);
});

test("a refusal that means something else than it should is found", async () => {
  const samples = [{ said: "no", is: "unsure" } as const, ...statusSamples];
  expect(await broken({ table: [own, ...end], samples })).toEqual(["400 no: unsure"]);
});

test("a table without an end is found", async () => {
  expect(await broken({ table: [own], samples: [{ said: "no", is: "denied" }] })).toEqual([
    "nothing falls through the table",
  ]);
});

test("a row without a hint is found", async () => {
  const samples = [{ said: "no", is: "denied" } as const, ...statusSamples];
  const { hint: _hint, ...mute } = own;
  expect(await broken({ table: [mute, ...end], samples })).toEqual([
    "every row is looked at here, and says what helps",
  ]);
  expect(await broken({ table: [mute, ...end], samples, advised: true })).toEqual([]);
});
