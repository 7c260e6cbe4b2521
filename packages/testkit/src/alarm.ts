import type { Alarm } from "@rotate/plugin-kit";

/** An alarm to try a notifier with, of the kind that is hard to carry: more than one line, and characters that formats and commands read as their own. */
export const sampleAlarm: Alarm = {
  id: "web-1/c1f0a2b3",
  delivery: "d41d8cd98f00b204",
  step: "expired",
  status: "firing",
  reminder: false,
  host: "web-1",
  spec: "/etc/rotate/rotate.yaml",
  at: "2030-01-01T00:00:00.000Z",
  title: 'billing-db and 2 more, vault: sealed <&> "it\'s" $(id) `id` größer',
  text: '[expired] web-1: billing-db expired at 02:58 UTC\nmint at vault: sealed <&> "it\'s" $(id) `id` größer',
  cause: { code: "ended", provider: "vault", message: "Vault is sealed", hint: "unseal Vault" },
  rotations: ["billing-db", "search-db", "tenant-db.acme"],
  steps: { "billing-db": "expired", "search-db": "expiring", "tenant-db.acme": "failed" },
  total: 3,
};
