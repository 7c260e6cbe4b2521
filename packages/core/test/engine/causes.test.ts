import { expect, test } from "vitest";
import { causesOf } from "../../src/engine/causes.ts";
import type { RotationStatus } from "../../src/report.ts";

const sealed = { code: "ROTATE_MINT_UNAVAILABLE", message: "503: sealed", hint: "unseal it", retryable: true };

function failing(name: string, provider: string, change: Partial<RotationStatus> = {}): RotationStatus {
  return {
    name,
    provider,
    state: "failing",
    code: "failing",
    exit: 1,
    expiresAt: "2026-01-01T01:00:00Z",
    lastError: { ...sealed, at: "2026-01-01T00:00:00Z" },
    leases: [],
    warnings: [],
    ...change,
  };
}

test("what fails of one code at one provider is one cause, with what to do and the worst first", () => {
  const expired = failing("c", "vault", {
    state: "expired",
    code: "ended",
    exit: 3,
    expiresAt: "2026-01-01T00:10:00Z",
  });
  const causes = causesOf([failing("a", "vault"), failing("b", "other"), expired]);
  expect(causes).toMatchObject([
    {
      code: "ROTATE_MINT_UNAVAILABLE",
      provider: "vault",
      phase: "mint",
      exit: 3,
      messages: ["503: sealed"],
      hint: "unseal it",
      names: ["c", "a"],
      states: { expired: 1, failing: 1 },
      endedAt: "2026-01-01T00:10:00Z",
      firstEnd: "2026-01-01T01:00:00Z",
    },
    { provider: "other", names: ["b"] },
  ]);
});

test.each([
  [["app@web-3"], "gone for good, `rotate forget app@web-3`"],
  [["app"], "gone for good, name another `host`"],
  [["app@web-3", "mail@web-3"], "gone for good, `rotate forget NAME@MACHINE`"],
])("what is rotated by nobody because its machine is gone, %j, says what to do", (names, what) => {
  const { lastError: _, ...gone } = failing("", "vault", {
    code: "gone",
    reason: "its machine web-3 was last heard of",
  });
  const [cause] = causesOf(names.map((name) => ({ ...gone, name })));
  expect(cause).toMatchObject({ messages: [gone.reason], hint: expect.stringContaining(what) });
  expect(cause?.hint).toContain("start `rotate watch`");
});

test("what is well is no cause, and an old error does not explain a drift", () => {
  const drift = failing("d", "vault", { state: "drift", code: "changed", reason: "drift: .env: KEY" });
  expect(causesOf([failing("a", "vault", { state: "due", code: "due", exit: 0 })])).toEqual([]);
  expect(causesOf([drift])).toMatchObject([{ code: "changed", messages: ["drift: .env: KEY"], isError: false }]);
});
