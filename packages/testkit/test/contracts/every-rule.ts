import { createTestContext, type Rule, rulesFor, runRule, type Harness, type Stage } from "@rotate/testkit";
import { expect, test } from "vitest";

/** For each rule's name a harness that breaks it, and what the rule then says. */
export type Breakers<H> = Readonly<Record<string, readonly (readonly [harness: H, message: RegExp])[]>>;

/** The good sample passes every rule that concerns it; every rule can fail. */
export function testEveryRule<H extends Harness<S>, S extends Stage>(
  rules: readonly Rule<H, S>[],
  { good, breakers }: { readonly good: readonly H[]; readonly breakers: Breakers<H> },
): void {
  test("each rule has a plugin that breaks it", () => {
    expect(new Set(Object.keys(breakers))).toEqual(new Set(rules.map(({ name }) => name)));
  });
  for (const rule of rules) {
    test(`a good one passes: ${rule.name}`, async () => {
      const concerned = good.filter((harness) => rulesFor([rule], harness).length > 0);
      expect(concerned).not.toEqual([]);
      for (const harness of concerned) await runRule(rule, harness);
    });
    test.concurrent.each((breakers[rule.name] ?? []).map(([harness, message]) => ({ harness, message })))(
      `a bad one fails: ${rule.name}: $message`,
      async ({ harness, message }) => {
        expect(rulesFor([rule], harness)).toHaveLength(1);
        await expect(runRule(rule, harness)).rejects.toThrow(message);
      },
    );
  }
}

/** Waits as a silent outside makes a plugin wait. */
export async function forever(ctx: Pick<ReturnType<typeof createTestContext>, "sleep">): Promise<never> {
  await ctx.sleep(3_600_000);
  throw new Error("nobody waits an hour");
}
